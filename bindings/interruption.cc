#include "bindings/interruption.h"

#include <atomic>
#include <chrono>

#include "format/interruption.h"

namespace flatmanifest::python {

namespace py = pybind11;

namespace {

using Clock = std::chrono::steady_clock;

// A twentieth of a second. Handlers need the GIL, which another thread may hold.
constexpr Clock::duration kBetweenSignals = std::chrono::milliseconds(50);

std::atomic<unsigned long> g_main_thread = 0;

bool IsInterrupted(Urgency urgency) {
  static thread_local Clock::time_point next{};
  if (PyThread_get_thread_ident() != g_main_thread.load(std::memory_order_relaxed)) return false;
  const auto now = Clock::now();
  if (urgency == Urgency::kNowAndThen && now < next) return false;
  next = now + kBetweenSignals;
  const py::gil_scoped_acquire acquire;
  return PyErr_CheckSignals() != 0;
}

// Importing threading would take a quarter of the time of importing this module. If nobody has
// imported it, there is one thread.
unsigned long MainThread() {
  const auto threading =
      py::reinterpret_steal<py::object>(PyImport_GetModule(py::str("threading").ptr()));
  if (!threading) return PyThread_get_thread_ident();
  return threading.attr("main_thread")().attr("ident").cast<unsigned long>();
}

}  // namespace

void BindInterruption() {
  g_main_thread = MainThread();
  SetInterruptionCheck(&IsInterrupted);
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const Interrupted&) {
      // The handler's exception is set already.
      if (PyErr_Occurred() == nullptr) PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
  });
}

}  // namespace flatmanifest::python
