#ifndef FLATMANIFEST_CLI_PROGRESS_BAR_H_
#define FLATMANIFEST_CLI_PROGRESS_BAR_H_

#include <cstddef>
#include <string>

namespace flatmanifest::cli {

// A progress line on standard error, shown for inputs over 20 MB if standard error is a terminal.
// It is removed when the object goes out of scope.
class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Show(size_t done, size_t total);

 private:
  std::string label_;
  bool terminal_;
  int shown_percent_ = -1;
};

}  // namespace flatmanifest::cli

#endif  // FLATMANIFEST_CLI_PROGRESS_BAR_H_
