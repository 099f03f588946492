// Reads many small files with several threads.
//
// Opening and reading a file are system calls, and they take long if a disk or a network has to
// answer. The more of them wait at the same time, the sooner all are done.

#ifndef FLATMANIFEST_FRESHNESS_FILE_CONTENTS_H_
#define FLATMANIFEST_FRESHNESS_FILE_CONTENTS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace flatmanifest {

// The contents of the files at `paths`, in that order; nothing for a file that cannot be read, is
// not regular, or is longer than `most_bytes`. Uses up to `thread_count` threads including the
// caller's; all have ended when this returns.
std::vector<std::optional<std::string>> ReadFiles(std::span<const std::string> paths,
                                                  size_t most_bytes, unsigned thread_count);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_FILE_CONTENTS_H_
