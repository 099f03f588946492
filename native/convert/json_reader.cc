#include "convert/json_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "convert/json_fault.h"
#include "convert/json_string.h"
#include "convert/number_text.h"
#include "format/error.h"
#include "format/interruption.h"
#include "format/scalar.h"
#include "format/stack.h"

namespace flatmanifest {

namespace {

namespace ondemand = simdjson::ondemand;

// Containers between two calls of Progress.
constexpr uint32_t kProgressInterval = 1 << 14;
constexpr uint64_t kValuesBetweenChecks = (1 << 14) - 1;
// Before 3.6.4, simdjson's number::get_double gives 0 for doubles of more digits than fit 64 bits
// (its issue 2099). Longer ones are read without it.
constexpr size_t kSafeDoubleLength = 19;
// simdjson counts values and containers, and asserts that it knows their depth.
constexpr size_t kParserDepth = size_t{2} * kMaxDepth;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view TrimSpace(std::string_view token) {
  const size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

class JsonReader {
 public:
  JsonReader(simdjson::padded_string_view json, const std::string& name, Writer& writer,
             const Progress& progress)
      : skipped_(std::string_view(json).starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0),
        json_(json.data() + skipped_, json.size() - skipped_, json.capacity() - skipped_),
        name_(name),
        writer_(writer),
        progress_(progress),
        // Not touched beyond the longest string, so it costs address space, not memory.
        unescaped_(json.size() + simdjson::SIMDJSON_PADDING) {}

  ReadResult Read() {
    if (const auto fault = EncodingFault(Text())) Fail({0, *fault});
    simdjson::error_code error = parser_.allocate(json_.size(), kParserDepth);
    if (error == simdjson::SUCCESS) error = parser_.iterate(json_).get(document_);
    if (error != simdjson::SUCCESS) Fail(FindFault(Text(), error));
    try {
      ReadResult result;
      if (document_.type() != ondemand::json_type::object) {
        Fail({Location(), "not a dbt manifest: the document is not an object"});
      }
      Enter();
      ondemand::object root = document_.get_object();
      result.root = ReadFields(root, kNoString);
      result.value_count = value_count_ + 1;
      CheckEnd();
      return result;
    } catch (const TooLargeError& failure) {
      Fail({Location(), failure.what()});
    } catch (const simdjson::simdjson_error& failure) {
      if (failure.error() == simdjson::MEMALLOC) throw std::bad_alloc();
      Fail(DescribeFault(Text(), Location(), failure.error()));
    }
  }

 private:
  std::string_view Text() const { return {json_.data(), json_.size()}; }

  [[noreturn]] void Fail(const JsonFault& fault) const {
    throw ConvertError(name_ + ": byte " + std::to_string(skipped_ + fault.offset) + ": " +
                       fault.what);
  }

  size_t Location() {
    const char* at = nullptr;
    if (document_.current_location().get(at) != simdjson::SUCCESS) return json_.size();
    return static_cast<size_t>(at - json_.data());
  }

  // Only white space may follow the root.
  void CheckEnd() {
    const size_t at = Location();
    if (at < json_.size()) Fail({at, "more text after the end of the JSON document"});
  }

  // Called before a container is entered, while the reader stands at its bracket.
  void Enter() {
    RequireStack();
    if (++depth_ > kMaxDepth) {
      Fail({Location(), "nested more than " + std::to_string(kMaxDepth) + " deep"});
    }
    deepest_ = std::max(deepest_, depth_);
    if (progress_ && ++containers_ % kProgressInterval == 0) progress_(Location(), json_.size());
  }

  // `key` is the nearest key above the value; `guess` is a likely value.
  Cell ReadValue(ondemand::value value, StringId key, Cell guess) {
    if ((++value_count_ & kValuesBetweenChecks) == 0) CheckInterruption();
    // simdjson accepts neither as the beginning of a value.
    const std::string_view token = value.raw_json_token();
    if (token.front() == 'N' || token.front() == 'I') [[unlikely]]
      return ReadWord(token);
    switch (value.type()) {
      case ondemand::json_type::object:
        return ReadObject(value, key);
      case ondemand::json_type::array:
        return ReadArray(value, key);
      case ondemand::json_type::string: {
        const ondemand::raw_json_string raw = value.get_raw_json_string();
        if (guess.is(CellKind::kString) && IsString(raw, guess.index())) return guess;
        return Cell::String(ReadString(raw));
      }
      case ondemand::json_type::number:
        return ReadNumber(value);
      case ondemand::json_type::boolean:
        return Cell::Bool(value.get_bool());
      default:  // null, or what only newer versions of simdjson have a name for: no value at all
        break;
    }
    if (!bool(value.is_null())) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
    return Cell::Null();
  }

  // Values that RFC 8259 does not have.
  [[gnu::cold]] Cell ReadWord(std::string_view token) {
    token = TrimSpace(token);
    if (token == "NaN") return writer_.AddDouble(std::numeric_limits<double>::quiet_NaN());
    if (token == "Infinity") return writer_.AddDouble(std::numeric_limits<double>::infinity());
    throw simdjson::simdjson_error(simdjson::TAPE_ERROR);
  }

  StringId ReadString(ondemand::raw_json_string raw) {
    uint8_t* end = unescaped_.data();
    std::string_view text;
    if (parser_.unescape(raw, end).get(text) == simdjson::SUCCESS) return writer_.AddString(text);
    return ReadWithSurrogates(static_cast<size_t>(raw.raw() - json_.data()));
  }

  [[gnu::cold]] StringId ReadWithSurrogates(size_t begin) {
    const auto text = Unescaped(Text(), begin);
    if (!text) Fail(FindEscapeFault(Text(), begin));
    return writer_.AddString(*text);
  }

  // Whether the text at `raw` is this string, unescaped. Also false if only a closer look could
  // tell.
  bool IsString(ondemand::raw_json_string raw, StringId id) const {
    const std::string_view string = writer_.String(id);
    const auto left = static_cast<size_t>(json_.data() + json_.size() - raw.raw());
    return string.size() < left && raw.raw()[string.size()] == '"' &&
           std::memcmp(raw.raw(), string.data(), string.size()) == 0 && writer_.IsPlain(id);
  }

  Cell ReadNumber(ondemand::value value) {
    const std::string_view token = TrimSpace(value.raw_json_token());
    ondemand::number number;
    const simdjson::error_code error = value.get_number().get(number);
    if (error != simdjson::SUCCESS) return ReadOddNumber(token);
    if (number.is_uint64()) return writer_.AddUint(number.get_uint64());
    if (number.is_int64()) return writer_.AddInt(number.get_int64());
    if (token.size() > kSafeDoubleLength) return writer_.AddDouble(ParseDouble(token));
    return writer_.AddDouble(number.get_double());
  }

  // simdjson refuses integers beyond uint64 and doubles out of range; Python does not.
  [[gnu::cold]] Cell ReadOddNumber(std::string_view token) {
    if (IsInteger(token)) return ReadBigInt(token);
    if (token == "-Infinity") return writer_.AddDouble(-std::numeric_limits<double>::infinity());
    if (IsNumber(token)) return writer_.AddDouble(ParseDouble(token));
    throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
  }

  Cell ReadBigInt(std::string_view token) {
    if (DigitCount(token) > kMaxDigits) {
      Fail({static_cast<size_t>(token.data() - json_.data()),
            "an integer of more than " + std::to_string(kMaxDigits) +
                " digits, which Python does not read either"});
    }
    return writer_.AddBigInt(token);
  }

  // Children are collected on a stack, above those of the enclosing containers.
  Cell ReadArray(ondemand::value value, StringId key) {
    Enter();
    ondemand::array array = value.get_array();
    const size_t mark = pending_.size();
    for (auto element : array) pending_.push_back(ReadValue(element.value(), key, Cell::Null()));
    const Cell cell = writer_.AddArray(std::span(pending_).subspan(mark));
    pending_.resize(mark);
    --depth_;
    return cell;
  }

  // An object often has the same text as the last one under its key (a resource's config, the
  // freshness of a source). Then it has the same value and need not be read.
  Cell ReadObject(ondemand::value value, StringId key) {
    Enter();
    const char* const text = std::string_view(value.raw_json_token()).data();
    ondemand::object object = value.get_object();
    if (const Seen* seen = FindSeen(key); seen != nullptr && IsRepetition(text, *seen)) {
      if (const auto error = object.raw_json().error()) throw simdjson::simdjson_error(error);
      value_count_ += seen->value_count;
      deepest_ = std::max(deepest_, depth_ + seen->height);
      --depth_;
      return seen->object;
    }
    const uint64_t values_before = value_count_;
    const int deepest_outside = std::exchange(deepest_, depth_);
    Seen read;
    read.object = ReadFields(object, key);
    read.text = TrimSpace({text, json_.data() + Location()});
    read.value_count = value_count_ - values_before;
    read.height = deepest_ - depth_;
    deepest_ = std::max(deepest_, deepest_outside);
    Remember(key, read);
    --depth_;
    return read.object;
  }

  // Most objects have the keys of the last one in the same place, and many of its values. Comparing
  // with those first saves looking the strings up.
  Cell ReadFields(ondemand::object& object, StringId key) {
    const size_t mark = pending_.size();
    const size_t keys_mark = pending_keys_.size();
    const Cell model = LastObject(key);
    const size_t model_size = model.is(CellKind::kObject) ? writer_.Keys(model).size() : 0;
    bool alike = true;
    for (auto field : object) {
      const ondemand::raw_json_string raw = field.key();
      const size_t at = pending_keys_.size() - keys_mark;
      alike = alike && at < model_size && IsString(raw, writer_.Keys(model)[at]);
      const StringId field_key = alike ? writer_.Keys(model)[at] : ReadString(raw);
      pending_keys_.push_back(field_key);
      const Cell guess = alike ? writer_.Elements(model)[at] : Cell::Null();
      pending_.push_back(ReadValue(field.value(), field_key, guess));
    }
    const auto keys = std::span(pending_keys_).subspan(keys_mark);
    const auto values = std::span(pending_).subspan(mark);
    const Cell cell = alike && keys.size() == model_size && model_size != 0
                          ? writer_.AddObjectLike(model, values)
                          : writer_.AddObject(keys, values);
    pending_.resize(mark);
    pending_keys_.resize(keys_mark);
    last_by_depth_[depth_] = cell;
    return cell;
  }

  // An object that was read, and its value, for the case that the same text comes again.
  struct Seen {
    Cell object;
    std::string_view text;
    uint64_t value_count = 0;  // without the object itself
    int height = 0;            // levels of containers within it
  };

  // An object's text ends itself: if the text begins with these bytes, they are all of it.
  bool IsRepetition(const char* text, const Seen& seen) const {
    const auto left = static_cast<size_t>(json_.data() + json_.size() - text);
    return seen.text.size() <= left && depth_ + seen.height <= kMaxDepth &&
           std::memcmp(text, seen.text.data(), seen.text.size()) == 0;
  }

  // The last object under this key, null if there was none.
  const Seen* FindSeen(StringId key) const {
    if (key >= seen_by_key_.size() || seen_by_key_[key] == kNotSeen) return nullptr;
    return &seen_[seen_by_key_[key]];
  }

  // The last object under this key, or else at this depth; null if there was none.
  Cell LastObject(StringId key) const {
    const Seen* seen = FindSeen(key);
    return seen != nullptr ? seen->object : last_by_depth_[depth_];
  }

  void Remember(StringId key, const Seen& read) {
    if (key == kNoString) return;  // an object in an array of the root
    if (key >= seen_by_key_.size()) seen_by_key_.resize(writer_.string_count(), kNotSeen);
    if (seen_by_key_[key] == kNotSeen) {
      seen_by_key_[key] = static_cast<uint32_t>(seen_.size());
      seen_.push_back(read);
    } else {
      seen_[seen_by_key_[key]] = read;
    }
  }

  static constexpr uint32_t kNotSeen = std::numeric_limits<uint32_t>::max();

  const size_t skipped_;  // bytes of a byte order mark
  simdjson::padded_string_view json_;
  const std::string& name_;
  Writer& writer_;
  const Progress& progress_;
  BulkVector<uint8_t> unescaped_;
  ondemand::parser parser_;
  ondemand::document document_;
  std::vector<Cell> pending_;
  std::vector<StringId> pending_keys_;
  std::vector<Seen> seen_;
  std::vector<uint32_t> seen_by_key_;  // by string id: a position in seen_
  std::array<Cell, kMaxDepth + 2> last_by_depth_{};
  uint64_t value_count_ = 0;
  uint32_t containers_ = 0;
  int depth_ = 0;
  int deepest_ = 0;  // within the innermost object being read
};

}  // namespace

ReadResult ReadJson(simdjson::padded_string_view json, const std::string& name, Writer& writer,
                    const Progress& progress) {
  return JsonReader(json, name, writer, progress).Read();
}

}  // namespace flatmanifest
