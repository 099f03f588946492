#include "convert/json_reader.h"

#include <span>
#include <string_view>
#include <vector>

#include "convert/json_fault.h"
#include "convert/number_text.h"
#include "format/error.h"

namespace flatmanifest {

namespace {

namespace ondemand = simdjson::ondemand;

// Containers between two calls of Progress.
constexpr uint32_t kProgressInterval = 1 << 14;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view TrimSpace(std::string_view token) {
  const size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

class JsonReader {
 public:
  JsonReader(simdjson::padded_string_view json, const std::string& name, Writer& writer,
             const Progress& progress)
      : json_(json),
        name_(name),
        writer_(writer),
        progress_(progress),
        // Not touched beyond the longest string, so it costs address space, not memory.
        unescaped_(json.size() + simdjson::SIMDJSON_PADDING) {}

  ReadResult Read() {
    // Some versions of simdjson skip it, others do not.
    if (Text().starts_with(kByteOrderMark)) {
      Fail({0, "not JSON: it begins with a byte order mark"});
    }
    simdjson::error_code error = parser_.iterate(json_).get(document_);
    if (error != simdjson::SUCCESS) Fail(FindFault(Text(), error));
    try {
      ReadResult result;
      if (document_.type() != ondemand::json_type::object) {
        Fail({0, "not a dbt manifest: the document is not an object"});
      }
      result.root = ReadObject(document_);
      result.value_count = value_count_ + 1;
      CheckEnd();
      return result;
    } catch (const simdjson::simdjson_error& failure) {
      if (failure.error() == simdjson::MEMALLOC) throw std::bad_alloc();
      Fail(DescribeFault(Text(), Location(), failure.error()));
    }
  }

 private:
  std::string_view Text() const { return {json_.data(), json_.size()}; }

  [[noreturn]] void Fail(const JsonFault& fault) const {
    throw ConvertError(name_ + ": byte " + std::to_string(fault.offset) + ": " + fault.what);
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

  // Before a container is begun, while the reader still stands at its bracket.
  void Enter() {
    if (++depth_ > kMaxDepth) {
      Fail({Location(), "nested more than " + std::to_string(kMaxDepth) + " deep"});
    }
    if (progress_ && ++containers_ % kProgressInterval == 0) progress_(Location(), json_.size());
  }

  Cell ReadValue(ondemand::value value) {
    ++value_count_;
    switch (value.type()) {
      case ondemand::json_type::object:
        return ReadObject(value);
      case ondemand::json_type::array:
        return ReadArray(value);
      case ondemand::json_type::string:
        return Cell::String(ReadString(value.get_raw_json_string()));
      case ondemand::json_type::number:
        return ReadNumber(value);
      case ondemand::json_type::boolean:
        return Cell::Bool(value.get_bool());
      case ondemand::json_type::null:
        break;
    }
    if (!bool(value.is_null())) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
    return Cell::Null();
  }

  StringId ReadString(ondemand::raw_json_string raw) {
    uint8_t* end = unescaped_.data();
    std::string_view text;
    if (parser_.unescape(raw, end).get(text) != simdjson::SUCCESS) {
      Fail(FindEscapeFault(Text(), static_cast<size_t>(raw.raw() - json_.data())));
    }
    return writer_.AddString(text);
  }

  Cell ReadNumber(ondemand::value value) {
    const std::string_view token = TrimSpace(value.raw_json_token());
    ondemand::number number;
    const simdjson::error_code error = value.get_number().get(number);
    if (error != simdjson::SUCCESS) {
      // simdjson stops at uint64; Python's integers do not.
      if (IsInteger(token)) {
        return writer_.AddBigInt(token);
      }
      throw simdjson::simdjson_error(error);
    }
    if (number.is_uint64()) return writer_.AddUint(number.get_uint64());
    if (number.is_int64()) return writer_.AddInt(number.get_int64());
    return writer_.AddDouble(number.get_double());
  }

  // Children wait on a stack, above those of the containers around this one.
  Cell ReadArray(ondemand::value value) {
    Enter();
    ondemand::array array = value.get_array();
    const size_t mark = pending_.size();
    for (auto element : array) pending_.push_back(ReadValue(element.value()));
    const Cell cell = writer_.AddArray(std::span(pending_).subspan(mark));
    pending_.resize(mark);
    --depth_;
    return cell;
  }

  // `value`: the document or a value in it.
  template <typename Value>
  Cell ReadObject(Value& value) {
    Enter();
    ondemand::object object = value.get_object();
    const size_t mark = pending_.size();
    const size_t keys_mark = pending_keys_.size();
    for (auto field : object) {
      pending_keys_.push_back(ReadString(field.key()));
      pending_.push_back(ReadValue(field.value()));
    }
    const Cell cell = writer_.AddObject(std::span(pending_keys_).subspan(keys_mark),
                                        std::span(pending_).subspan(mark));
    pending_.resize(mark);
    pending_keys_.resize(keys_mark);
    --depth_;
    return cell;
  }

  simdjson::padded_string_view json_;
  const std::string& name_;
  Writer& writer_;
  const Progress& progress_;
  BulkVector<uint8_t> unescaped_;
  ondemand::parser parser_;
  ondemand::document document_;
  std::vector<Cell> pending_;
  std::vector<StringId> pending_keys_;
  uint64_t value_count_ = 0;
  uint32_t containers_ = 0;
  int depth_ = 0;
};

}  // namespace

ReadResult ReadJson(simdjson::padded_string_view json, const std::string& name, Writer& writer,
                    const Progress& progress) {
  return JsonReader(json, name, writer, progress).Read();
}

}  // namespace flatmanifest
