// The reasons why the front door leaves a command to dbt, for users who ask why it took long.

#ifndef FLATMANIFEST_FRONT_NOT_SERVED_H_
#define FLATMANIFEST_FRONT_NOT_SERVED_H_

#include "format/error.h"

namespace flatmanifest::front {

class NotServed : public Error {
 public:
  using Error::Error;
};

// Something has changed since the transcript was written. There may be a portable one.
class Stale : public NotServed {
 public:
  using NotServed::NotServed;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_NOT_SERVED_H_
