// The version of the files in the cache: docs/cache-files.md. It is part of every name there, so
// that files of another version are never opened.

#ifndef FLATMANIFEST_FRONT_CACHE_VERSION_H_
#define FLATMANIFEST_FRONT_CACHE_VERSION_H_

namespace flatmanifest::front {

inline constexpr const char* kCacheVersion = "6";

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_CACHE_VERSION_H_
