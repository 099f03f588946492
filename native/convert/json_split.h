// The positions of the parts of a manifest's JSON text, so that most of the text can be copied.

#ifndef FLATMANIFEST_CONVERT_JSON_SPLIT_H_
#define FLATMANIFEST_CONVERT_JSON_SPLIT_H_

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace flatmanifest {

// The text of a value is [begin, end) of the document.
struct JsonMember {
  std::string key;
  size_t begin = 0;
  size_t end = 0;
};

struct JsonSection {
  JsonMember whole;
  bool is_object = false;
  std::vector<JsonMember> members;  // of an object, in order
};

// The members of the document's object, and their members, in order. `name` is for messages. Throws
// ConvertError.
std::vector<JsonSection> SplitJson(simdjson::padded_string_view json, const std::string& name);

// Splits objects, one after another. Use it in one thread.
class JsonObjectSplitter {
 public:
  // `name` is for messages.
  explicit JsonObjectSplitter(std::string name) : name_(std::move(name)) {}

  // The members of an object, in order; positions are within `json`. Throws ConvertError.
  std::vector<JsonMember> Split(simdjson::padded_string_view json);

 private:
  std::string name_;
  simdjson::ondemand::parser parser_;  // its memory serves all objects
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_JSON_SPLIT_H_
