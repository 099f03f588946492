// Texts with placeholders for the values that differ from command to command.

#ifndef FLATMANIFEST_FRONT_BLANKS_H_
#define FLATMANIFEST_FRONT_BLANKS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "convert/text_buffer.h"

namespace flatmanifest::front {

// The placeholders. The writer of a text makes sure that it contains none of these characters
// otherwise: python/flatmanifest/dbt/front_door/blanks.py.
enum class Blank : uint8_t {
  kTime = 0x01,          // 15:19:51
  kPreciseTime = 0x02,   // 15:19:51.341202
  kInvocationId = 0x03,  // a UUID
  kCommand = 0x04,       // the command line, as Python's repr
  kIndirect = 0x05,      // --indirect-selection, as Python's repr
  kElapsed = 0x06,       // seconds, two decimals
  kWallClock = 0x07,     // seconds, six decimals
  kUserTime = 0x0e,      // of the processor, seconds, six decimals
  kKernelTime = 0x0f,    // the same
  kMemory = 0x10,        // the most that was resident, KiB
  kBlocksIn = 0x11,      // read from disks
  kBlocksOut = 0x12,     // written to disks
  kGeneratedAt = 0x13,   // 2026-11-23T15:20:01.582914Z
  kLine = 0x14,          // a listed line, or the part of a selection that matches nothing
  // In lines of JSON (--log-format json), whose strings are escaped.
  kTimestamp = 0x15,     // 2026-11-23T15:20:01.582914Z, of the moment
  kProcessId = 0x16,     // a decimal number
  kCommandText = 0x17,   // the command line, as text
  kCommandRepr = 0x18,   // the command line, as Python's repr
  kIndirectName = 0x19,  // --indirect-selection, as text
};

class Blanks {
 public:
  void Set(Blank blank, std::string value) {
    Slot& slot = slots_[static_cast<size_t>(blank)];
    slot.value = std::move(value);
    slot.is_set = true;
  }

  // Appends the text with each placeholder replaced by its value.
  void Fill(std::string_view text, TextBuffer& out) const;
  std::string Filled(std::string_view text) const;

 private:
  struct Slot {
    std::string value;
    bool is_set = false;
  };
  std::array<Slot, 0x20> slots_;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_BLANKS_H_
