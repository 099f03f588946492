#include "freshness/threads.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace flatmanifest {

void DoInThreads(size_t count, unsigned thread_count, size_t pieces_of_thread,
                 const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    }
  };
  std::vector<std::jthread> threads;
  const size_t others = std::min<size_t>(std::max(thread_count, 1U) - 1, count / pieces_of_thread);
  try {
    while (threads.size() < others) threads.emplace_back(run);
  } catch (const std::system_error&) {  // the system has no more of them
  }
  run();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace flatmanifest
