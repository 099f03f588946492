#include "format/interruption.h"

#include <atomic>

namespace flatmanifest {

namespace {

std::atomic<InterruptionCheck> g_interruption_check = nullptr;

}  // namespace

void SetInterruptionCheck(InterruptionCheck check) {
  g_interruption_check.store(check, std::memory_order_relaxed);
}

void CheckInterruption(Urgency urgency) {
  const InterruptionCheck check = g_interruption_check.load(std::memory_order_relaxed);
  if (check != nullptr && check(urgency)) throw Interrupted();
}

}  // namespace flatmanifest
