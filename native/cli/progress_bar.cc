#include "cli/progress_bar.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace flatmanifest::cli {

namespace {

constexpr size_t kSmallestInput = 20'000'000;
constexpr int kCells = 40;
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (shown_percent_ >= 0) std::fputs(kClearLine, stderr);
}

void ProgressBar::Show(size_t done, size_t total) {
  if (!terminal_ || total < kSmallestInput) return;
  const int percent = static_cast<int>(done * 100 / total);
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  const int filled = percent * kCells / 100;
  const std::string bar = std::string(filled, '#') + std::string(kCells - filled, '-');
  std::fprintf(stderr, "%s%s [%s] %d%%", kClearLine, label_.c_str(), bar.c_str(), percent);
  std::fflush(stderr);
}

}  // namespace flatmanifest::cli
