// How a file tells Python's types apart that JSON has one of: docs/objects.md.
//
// An object of the file whose first key begins with a NUL is no dict. That key says what it is:
//
//   "\0module:Class"           an instance of a dataclass; the other keys are its fields. A field
//                              that holds a member of an Enum is stored as the member's value, and
//                              " field=module:Enum" follows in the key.
//   "\0=module:Enum"           a member of an Enum that is no field; its one value is the member's
//   "\0()"                     a tuple; its one value is the array of its elements
//   "\0{}"                     a dict with other keys than str, or with one that begins with a NUL;
//                              its one value is an array of [key, value]

#ifndef FLATMANIFEST_BINDINGS_OBJECT_MARKER_H_
#define FLATMANIFEST_BINDINGS_OBJECT_MARKER_H_

#include <string_view>

namespace flatmanifest::python {

inline constexpr char kMarker = '\0';
inline constexpr std::string_view kTupleMarker{"\0()", 3};
inline constexpr std::string_view kPairsMarker{"\0{}", 3};
inline constexpr std::string_view kEnumMarker{"\0=", 2};

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_OBJECT_MARKER_H_
