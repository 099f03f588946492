#include "convert/json_split.h"

#include <algorithm>
#include <string_view>

#include "convert/json_string.h"
#include "format/cell.h"
#include "format/error.h"

namespace flatmanifest {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kParserDepth = size_t{2} * kMaxDepth;
constexpr size_t kLeastCapacity = size_t{1} << 16;

class Splitter {
 public:
  // Borrows the parser.
  Splitter(simdjson::padded_string_view json, ondemand::parser& parser)
      : json_(json), parser_(parser) {}

  std::vector<JsonSection> Split() {
    ondemand::document document = Iterate();
    std::vector<JsonSection> sections;
    for (ondemand::field field : document.get_object()) {
      JsonSection section;
      section.whole.key = KeyOf(field);
      ondemand::value value = field.value();
      section.is_object = IsA(value, ondemand::json_type::object);
      if (section.is_object) {
        section.members = MembersOf(value.get_object());
      } else {
        SetText(value, section.whole);
      }
      sections.push_back(std::move(section));
    }
    return sections;
  }

  std::vector<JsonMember> SplitObject() {
    ondemand::document document = Iterate();
    return MembersOf(document.get_object());
  }

 private:
  ondemand::document Iterate() {
    if (parser_.capacity() < json_.size()) {
      const size_t capacity = std::max(json_.size(), kLeastCapacity);
      if (const auto error = parser_.allocate(capacity, kParserDepth)) {
        throw simdjson::simdjson_error(error);
      }
    }
    return parser_.iterate(json_);
  }

  std::vector<JsonMember> MembersOf(ondemand::object object) const {
    std::vector<JsonMember> members;
    for (ondemand::field field : object) {
      JsonMember member;
      member.key = KeyOf(field);
      SetText(field.value(), member);
      members.push_back(std::move(member));
    }
    return members;
  }

  // False for a value that simdjson does not know, such as NaN.
  static bool IsA(ondemand::value& value, ondemand::json_type type) {
    ondemand::json_type found;
    return value.type().get(found) == simdjson::SUCCESS && found == type;
  }

  std::string KeyOf(ondemand::field& field) const {
    const char* const raw = field.key().raw();
    std::string_view key;
    if (field.unescaped_key().get(key) == simdjson::SUCCESS) return std::string(key);
    auto with_surrogates = Unescaped(json_, static_cast<size_t>(raw - json_.data()));
    if (!with_surrogates) throw simdjson::simdjson_error(simdjson::STRING_ERROR);
    return *std::move(with_surrogates);
  }

  void SetText(ondemand::value value, JsonMember& member) const {
    std::string_view text = value.raw_json_token();
    if (IsA(value, ondemand::json_type::object)) {
      ondemand::object object = value.get_object();
      text = object.raw_json();
    } else if (IsA(value, ondemand::json_type::array)) {
      ondemand::array array = value.get_array();
      text = array.raw_json();
    }
    const size_t last = text.find_last_not_of(" \t\r\n");
    text = text.substr(0, last + 1);
    member.begin = static_cast<size_t>(text.data() - json_.data());
    member.end = member.begin + text.size();
  }

  const simdjson::padded_string_view json_;
  ondemand::parser& parser_;
};

template <typename Split>
auto Checked(const std::string& name, const Split& split) {
  try {
    return split();
  } catch (const simdjson::simdjson_error& error) {
    throw ConvertError(name + ": not JSON that can be split: " + error.what());
  }
}

}  // namespace

std::vector<JsonSection> SplitJson(simdjson::padded_string_view json, const std::string& name) {
  ondemand::parser parser;
  return Checked(name, [&] { return Splitter(json, parser).Split(); });
}

std::vector<JsonMember> JsonObjectSplitter::Split(simdjson::padded_string_view json) {
  return Checked(name_, [&] { return Splitter(json, parser_).SplitObject(); });
}

}  // namespace flatmanifest
