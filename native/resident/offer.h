// Whether a command may run in a copy of the template: docs/resident.md, "When it is used".

#ifndef FLATMANIFEST_RESIDENT_OFFER_H_
#define FLATMANIFEST_RESIDENT_OFFER_H_

#include <string>
#include <vector>

namespace flatmanifest::resident {

// FLATMANIFEST_RESIDENT.
enum class Mode { kOff, kAuto, kOn, kUnknown };

Mode ModeOf(const char* value);

struct Offer {
  bool is_wanted;      // false: no person waits, or the user has turned it off
  std::string reason;  // why it is wanted and cannot be used; "" if it can
};

// The offer for `dbt ARGUMENTS` in this process. Throws IoError.
Offer OfferFor(const std::vector<std::string>& arguments);

}  // namespace flatmanifest::resident

#endif  // FLATMANIFEST_RESIDENT_OFFER_H_
