// What many small files say, read by several threads.
//
// Opening a file and reading it is a system call's work each, which a disk or a network that has to
// be asked makes long; the more of them wait at once, the sooner all are there.

#ifndef FLATMANIFEST_FRESHNESS_FILE_CONTENTS_H_
#define FLATMANIFEST_FRESHNESS_FILE_CONTENTS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace flatmanifest {

// The contents of the files at `paths`, in that order; nothing for one that cannot be read, is no
// regular file, or is longer than `most_bytes`. By up to `thread_count` threads, the caller's among
// them, all of which have ended when this returns.
std::vector<std::optional<std::string>> ReadFiles(std::span<const std::string> paths,
                                                  size_t most_bytes, unsigned thread_count);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_FILE_CONTENTS_H_
