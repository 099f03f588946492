#include "portable/graph_pickle.h"

#include <bit>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "format/error.h"
#include "format/scalar.h"

namespace flatmanifest::portable {

namespace {

// Opcodes.
constexpr std::string_view kProtocol4 = "\x80\x04";
constexpr std::string_view kGraphClass = "cnetworkx.classes.digraph\nDiGraph\n";
constexpr std::string_view kDateClass = "cdatetime\ndate\n";
constexpr std::string_view kDateTimeClass = "cdatetime\ndatetime\n";
constexpr std::string_view kTimeZoneClass = "cdatetime\ntimezone\n";
constexpr std::string_view kTimeDeltaClass = "cdatetime\ntimedelta\n";
constexpr char kTuple = 't';
constexpr char kEmptyTuple = ')';
constexpr char kReduce = 'R';
constexpr char kBuild = 'b';
constexpr char kStop = '.';
constexpr char kMark = '(';
constexpr char kEmptyDict = '}';
constexpr char kSetItems = 'u';
constexpr char kEmptyList = ']';
constexpr char kAppends = 'e';
constexpr char kNone = 'N';
constexpr char kTrue = '\x88';
constexpr char kFalse = '\x89';
constexpr char kLong = '\x8A';
constexpr char kDecimal = 'L';
constexpr char kDouble = 'G';
constexpr char kText = 'X';
constexpr char kMemoize = '\x94';
constexpr char kGet = 'j';

constexpr size_t kPieceSize = size_t{1} << 16;

class Pickler {
 public:
  Pickler(const Document& document, const Roots& roots, const TakePiece& take)
      : document_(document), roots_(roots), take_(take), guard_(document) {
    bytes_.reserve(2 * kPieceSize);
  }

  void Graph() && {
    Append(kProtocol4);
    Append(kGraphClass);
    Append(kEmptyTuple);
    Append(kReduce);
    Append(kEmptyDict);
    Append(kMark);
    Key("graph");
    Append(kEmptyDict);
    Key("_node");
    Value(Member("node"));
    Key("_adj");
    Edges(Member("adj"));
    const uint32_t edges = Memoize();
    Key("_succ");
    Get(edges);
    Key("_pred");
    Predecessors(Member("pred"));
    Append(kSetItems);
    Append(kBuild);
    Append(kStop);
    Flush();
  }

 private:
  void Flush() {
    take_(std::as_bytes(std::span(bytes_)));
    bytes_.clear();
  }
  void Append(char opcode) { bytes_.push_back(opcode); }
  void Append(std::string_view text) {
    bytes_.append(text);
    if (bytes_.size() >= kPieceSize) Flush();
  }
  // The least significant byte first.
  void Number(uint64_t number, size_t size) {
    char bytes[sizeof(number)];
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(number >> (8 * i));
    bytes_.append(bytes, size);
  }

  // Remembers the value that was written last; returns its number.
  uint32_t Memoize() {
    Append(kMemoize);
    return memo_size_++;
  }
  void Get(uint32_t number) {
    Append(kGet);
    Number(number, 4);
  }

  void Key(std::string_view name) {
    Append(kText);
    Number(name.size(), 4);
    Append(name);
  }

  Cell Member(std::string_view name) {
    const auto found = document_.Find(document_.root(), name);
    if (!found || !found->is(CellKind::kObject)) {
      document_.Fail("a graph has no " + std::string(name));
    }
    return *found;
  }

  // A string of the document; the second time, it is taken from the memo.
  void Text(StringId id) {
    const auto [known, is_new] = texts_.try_emplace(id);
    if (!is_new) return Get(known->second);
    const auto text = roots_.Bound(document_.String(id));
    if (!text) document_.Fail("it has a path below a directory that is unknown here");
    Key(*text);
    known->second = Memoize();
  }

  void Value(Cell cell) {
    switch (cell.kind()) {
      case CellKind::kNull:
        return Append(kNone);
      case CellKind::kTrue:
        return Append(kTrue);
      case CellKind::kFalse:
        return Append(kFalse);
      case CellKind::kInt:
        return Integer(cell.small_int());
      case CellKind::kWideInt:
        return Integer(static_cast<int64_t>(document_.Wide(cell)));
      case CellKind::kWideUint:
        return Decimal(std::to_string(document_.Wide(cell)));
      case CellKind::kBigInt:
        return Decimal(BigInt(document_, cell));
      case CellKind::kDouble:
        return Double(document_.Double(cell));
      case CellKind::kString:
        return Text(cell.index());
      case CellKind::kDate:
        CheckDate(document_, cell.index());
        return Date(cell.index());
      case CellKind::kDateTime:
        CheckDateTime(document_, document_.Wide(cell), cell.aux());
        return DateTime(document_.Wide(cell), cell.aux());
      case CellKind::kArray:
        return List(cell);
      case CellKind::kObject:
        return Dict(cell, [this](StringId, Cell value) { Value(value); });
      default:
        document_.Fail("a value of unknown kind (damaged file)");
    }
  }

  void Integer(int64_t value) {
    Append(kLong);
    Number(sizeof(value), 1);
    Number(static_cast<uint64_t>(value), sizeof(value));
  }

  // An integer of any size.
  void Decimal(std::string_view digits) {
    Append(kDecimal);
    Append(digits);
    Append("L\n");
  }

  // datetime.date(year, month, day).
  void Date(uint32_t ordinal) {
    Append(kDateClass);
    Append(kMark);
    DateParts(ordinal);
    Append(kTuple);
    Append(kReduce);
  }

  void DateParts(uint32_t ordinal) {
    using std::chrono::days, std::chrono::sys_days, std::chrono::year_month_day;
    constexpr sys_days kFirst = std::chrono::year(1) / 1 / 1;
    const year_month_day date(kFirst + days(static_cast<int64_t>(ordinal) - 1));
    Integer(static_cast<int>(date.year()));
    Integer(static_cast<unsigned>(date.month()));
    Integer(static_cast<unsigned>(date.day()));
  }

  // datetime.datetime(year, month, day, hour, minute, second, microsecond[, timezone]).
  void DateTime(uint64_t microseconds, uint32_t zone) {
    const auto of_day = static_cast<int64_t>(microseconds % kMicrosecondsPerDay);
    constexpr int64_t kSecond = 1'000'000;
    Append(kDateTimeClass);
    Append(kMark);
    DateParts(static_cast<uint32_t>(microseconds / kMicrosecondsPerDay) + 1);
    Integer(of_day / (3600 * kSecond));
    Integer(of_day / (60 * kSecond) % 60);
    Integer(of_day / kSecond % 60);
    Integer(of_day % kSecond);
    if (zone != 0) Zone(static_cast<int32_t>(zone) - int32_t{Cell::kUtc});
    Append(kTuple);
    Append(kReduce);
  }

  // datetime.timezone(datetime.timedelta(0, seconds)).
  void Zone(int32_t seconds) {
    Append(kTimeZoneClass);
    Append(kMark);
    Append(kTimeDeltaClass);
    Append(kMark);
    Integer(0);
    Integer(seconds);
    Append(kTuple);
    Append(kReduce);
    Append(kTuple);
    Append(kReduce);
  }

  void Double(double value) {
    Append(kDouble);
    const auto bits = std::bit_cast<uint64_t>(value);
    for (int shift = 56; shift >= 0; shift -= 8) Append(static_cast<char>(bits >> shift));
  }

  void List(Cell list) {
    const auto elements = document_.Elements(list);
    const WalkGuard::Level level(guard_, elements.size());
    Append(kEmptyList);
    Append(kMark);
    for (const Cell element : elements) Value(element);
    Append(kAppends);
  }

  template <typename Write>
  void Dict(Cell object, const Write& write) {
    const auto values = document_.Elements(object);
    const auto keys = document_.Keys(object);
    const WalkGuard::Level level(guard_, values.size());
    Append(kEmptyDict);
    Append(kMark);
    for (size_t i = 0; i < values.size(); ++i) {
      Text(keys[i]);
      write(keys[i], values[i]);
    }
    Append(kSetItems);
  }

  // networkx has one dict for the data of an edge, which both of its ends have.
  void Edges(Cell adjacency) {
    Dict(adjacency, [this](StringId from, Cell edges) {
      RequireObject(edges);
      Dict(edges, [this, from](StringId to, Cell data) {
        RequireObject(data);
        Value(data);
        edges_[{from, to}] = Memoize();
      });
    });
  }

  void Predecessors(Cell predecessors) {
    Dict(predecessors, [this](StringId to, Cell list) {
      if (!list.is(CellKind::kArray)) document_.Fail("predecessors are no list");
      Append(kEmptyDict);
      Append(kMark);
      for (const Cell from : document_.Elements(list)) {
        const auto edge =
            from.is(CellKind::kString) ? edges_.find({from.index(), to}) : edges_.end();
        if (edge == edges_.end()) document_.Fail("an edge has only one end");
        Text(from.index());
        Get(edge->second);
      }
      Append(kSetItems);
    });
  }

  void RequireObject(Cell cell) {
    if (!cell.is(CellKind::kObject)) document_.Fail("edges are no object");
  }

  const Document& document_;
  const Roots& roots_;
  const TakePiece& take_;
  WalkGuard guard_;
  std::string bytes_;  // of the next piece
  uint32_t memo_size_ = 0;
  std::unordered_map<StringId, uint32_t> texts_;
  std::map<std::pair<StringId, StringId>, uint32_t> edges_;
};

}  // namespace

void GraphPickle(const Document& document, const Roots& roots, const TakePiece& take) {
  Pickler(document, roots, take).Graph();
}

}  // namespace flatmanifest::portable
