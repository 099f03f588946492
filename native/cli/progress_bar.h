#ifndef FLATMANIFEST_CLI_PROGRESS_BAR_H_
#define FLATMANIFEST_CLI_PROGRESS_BAR_H_

#include <cstddef>
#include <string>

namespace flatmanifest::cli {

// A line on standard error that shows how far an input over 20 MB has been read, if standard error
// is a terminal. Removes itself when it goes out of scope.
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
