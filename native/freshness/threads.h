// Does many small pieces of work with several threads.

#ifndef FLATMANIFEST_FRESHNESS_THREADS_H_
#define FLATMANIFEST_FRESHNESS_THREADS_H_

#include <cstddef>
#include <functional>

namespace flatmanifest {

// Calls `work` once for each number below `count`, in up to `thread_count` threads including the
// caller's, and in no more than there are `pieces_of_thread` for each. All have ended when this
// returns. If `work` throws, the other pieces are done, and one of the exceptions is thrown.
void DoInThreads(size_t count, unsigned thread_count, size_t pieces_of_thread,
                 const std::function<void(size_t)>& work);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_THREADS_H_
