#include "convert/json_split.h"

#include <string_view>

#include "format/cell.h"
#include "format/error.h"

namespace flatmanifest {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kParserDepth = size_t{2} * kMaxDepth;

class Splitter {
 public:
  explicit Splitter(simdjson::padded_string_view json) : json_(json) {}

  std::vector<JsonSection> Split() {
    ondemand::document document = Iterate();
    std::vector<JsonSection> sections;
    for (ondemand::field field : document.get_object()) {
      JsonSection section;
      section.whole.key = std::string(std::string_view(field.unescaped_key()));
      ondemand::value value = field.value();
      section.is_object = value.type() == ondemand::json_type::object;
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
    if (const auto error = parser_.allocate(json_.size(), kParserDepth)) {
      throw simdjson::simdjson_error(error);
    }
    return parser_.iterate(json_);
  }

  std::vector<JsonMember> MembersOf(ondemand::object object) const {
    std::vector<JsonMember> members;
    for (ondemand::field field : object) {
      JsonMember member;
      member.key = std::string(std::string_view(field.unescaped_key()));
      SetText(field.value(), member);
      members.push_back(std::move(member));
    }
    return members;
  }

  void SetText(ondemand::value value, JsonMember& member) const {
    std::string_view text = simdjson::to_json_string(value);
    const size_t last = text.find_last_not_of(" \t\r\n");
    text = text.substr(0, last + 1);
    member.begin = static_cast<size_t>(text.data() - json_.data());
    member.end = member.begin + text.size();
  }

  const simdjson::padded_string_view json_;
  ondemand::parser parser_;
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
  return Checked(name, [json] { return Splitter(json).Split(); });
}

std::vector<JsonMember> SplitJsonObject(simdjson::padded_string_view json,
                                        const std::string& name) {
  return Checked(name, [json] { return Splitter(json).SplitObject(); });
}

}  // namespace flatmanifest
