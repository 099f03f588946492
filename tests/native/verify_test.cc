#include "format/verify.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "format/error.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::At;
using testing::MessageOf;
using testing::PatchedFile;

constexpr uint32_t kFarAway = 0x0FFF'FFFF;  // also fits aux

TEST(VerifyTest, AcceptsWhatTheWriterMakes) {
  const FileImage image = testing::Convert(testing::SampleManifest());
  EXPECT_NO_THROW(Verify(testing::Open(image)));
}

TEST(VerifyTest, AcceptsAnEmptyManifest) {
  const FileImage image = testing::Convert(R"({"nodes": {}})");
  EXPECT_NO_THROW(Verify(testing::Open(image)));
}

TEST(VerifyTest, FindsAFlippedBitInAnyByte) {
  PatchedFile file;
  for (size_t i = 0; i < file.bytes().size(); ++i) {
    file.bytes()[i] ^= std::byte{1};
    EXPECT_THROW(Verify(file.Open()), FormatError) << "byte " << i;
    file.bytes()[i] ^= std::byte{1};
  }
}

// --- damage under a checksum that fits ---

struct Damage {
  std::string name;
  std::function<void(PatchedFile&)> inflict;
  std::string message;
};

// GoogleTest's text for a case.
std::ostream& operator<<(std::ostream& out, const Damage& damage) { return out << damage.name; }

class VerifyDamageTest : public ::testing::TestWithParam<Damage> {};

TEST_P(VerifyDamageTest, IsFound) {
  PatchedFile file;
  GetParam().inflict(file);
  const Document document = file.OpenSealed();
  EXPECT_EQ(MessageOf<FormatError>([&] { Verify(document); }),
            "sample.fman: " + GetParam().message);
}

// The first cell of the sample's array of one value of each kind.
uint32_t FirstValue(const PatchedFile& file) { return At(file.Open(), "values").index(); }

std::function<void(PatchedFile&)> ReplaceAValue(Cell cell) {
  return [cell](PatchedFile& file) { file.SetCell(FirstValue(file), cell); };
}

// A shape with several keys, that of the root, and the beginning of its keys.
uint32_t RootKeys(PatchedFile& file) {
  return file.shapes().offsets()->Get(file.Open().root().aux());
}

StringId FirstNonAscii(const PatchedFile& file) {
  return At(file.Open(), "metadata.owner").index();
}

const std::vector<Damage> kDamages = {
    {"FirstStringOffset", [](PatchedFile& file) { file.strings().mutable_offsets()->Mutate(0, 1); },
     "string offsets are out of order"},
    {"LastStringOffset",
     [](PatchedFile& file) {
       auto* offsets = file.strings().mutable_offsets();
       offsets->Mutate(offsets->size() - 1, offsets->Get(offsets->size() - 1) - 1);
     },
     "string offsets are out of order"},
    {"UnsortedStringOffsets",
     [](PatchedFile& file) { file.strings().mutable_offsets()->Mutate(1, kFarAway); },
     "string offsets are out of order"},
    {"InvalidUtf8", [](PatchedFile& file) { file.strings().mutable_data()->Mutate(0, 0xFF); },
     "a string is not UTF-8"},
    {"StringWithinACharacter",
     [](PatchedFile& file) {
       // "Jürgen": the string before it now ends within its ü.
       auto* offsets = file.strings().mutable_offsets();
       const StringId id = FirstNonAscii(file);
       offsets->Mutate(id, offsets->Get(id) + 2);
     },
     "a string begins within a character"},
    {"FirstShapeOffset", [](PatchedFile& file) { file.shapes().mutable_offsets()->Mutate(0, 1); },
     "shape offsets are out of order"},
    {"LastShapeOffset",
     [](PatchedFile& file) {
       auto* offsets = file.shapes().mutable_offsets();
       offsets->Mutate(offsets->size() - 1, kFarAway);
     },
     "shape offsets are out of order"},
    {"UnsortedShapeOffsets",
     [](PatchedFile& file) { file.shapes().mutable_offsets()->Mutate(1, kFarAway); },
     "shape offsets are out of order"},
    {"KeyThatIsNoString",
     [](PatchedFile& file) { file.shapes().mutable_keys()->Mutate(RootKeys(file), kFarAway); },
     "a shape has a key that is no string"},
    {"KeyOrderOutsideTheShape",
     [](PatchedFile& file) { file.shapes().mutable_order()->Mutate(RootKeys(file), kFarAway); },
     "a shape's key order lies outside the shape"},
    {"KeyOrderUnsorted",
     [](PatchedFile& file) {
       auto* order = file.shapes().mutable_order();
       const uint32_t at = RootKeys(file);
       const uint32_t first = order->Get(at);
       order->Mutate(at, order->Get(at + 1));
       order->Mutate(at + 1, first);
     },
     "a shape's key order is not sorted"},
    {"KeyOrderThatRepeats",
     [](PatchedFile& file) {
       auto* order = file.shapes().mutable_order();
       const uint32_t at = RootKeys(file);
       order->Mutate(at + 1, order->Get(at));
     },
     "a shape's key order is not sorted"},
    {"KeyThatRepeats",
     [](PatchedFile& file) {
       auto* keys = file.shapes().mutable_keys();
       const uint32_t at = RootKeys(file);
       keys->Mutate(at + 1, keys->Get(at));
     },
     "a shape's key order is not sorted"},
    {"WideIntOutside", ReplaceAValue(Cell::Make(CellKind::kWideInt, 0, kFarAway)),
     "wide value 268435455 does not exist"},
    {"WideUintOutside", ReplaceAValue(Cell::Make(CellKind::kWideUint, 0, kFarAway)),
     "wide value 268435455 does not exist"},
    {"DoubleOutside", ReplaceAValue(Cell::Make(CellKind::kDouble, 0, kFarAway)),
     "wide value 268435455 does not exist"},
    {"DateTimeOutside", ReplaceAValue(Cell::Make(CellKind::kDateTime, 0, kFarAway)),
     "wide value 268435455 does not exist"},
    {"StringOutside", ReplaceAValue(Cell::String(kFarAway)), "string 268435455 does not exist"},
    {"BigIntOutside", ReplaceAValue(Cell::Make(CellKind::kBigInt, 0, kFarAway)),
     "string 268435455 does not exist"},
    {"ShapeOutside", ReplaceAValue(Cell::Object(kFarAway, 0)), "shape 268435455 does not exist"},
    {"ArrayOutside", ReplaceAValue(Cell::Array(kFarAway, 0)),
     "cells 0 and following lie outside the file"},
    {"ArrayThatHoldsItself",
     [](PatchedFile& file) {
       const uint32_t at = FirstValue(file);
       file.SetCell(at, Cell::Array(1, at));
     },
     "a container holds what was written after it (damaged file)"},
    {"ArrayThatHoldsWhatFollows",
     [](PatchedFile& file) {
       const uint32_t at = FirstValue(file);
       file.SetCell(at, Cell::Array(1, at + 1));
     },
     "a container holds what was written after it (damaged file)"},
    {"UnknownKind", ReplaceAValue(Cell::Make(static_cast<CellKind>(13), 0, 0)),
     "a value of unknown kind (damaged file)"},
    {"AValueLargerThanTheDocument", [](PatchedFile& file) { file.header().mutate_value_count(2); },
     "a value unfolds to more values than the header says (damaged file)"},
    {"ADocumentOfOneValueMore",
     [](PatchedFile& file) { file.header().mutate_value_count(file.header().value_count() - 1); },
     "a value unfolds to more values than the header says (damaged file)"},
    {"RootThatIsAnArray", [](PatchedFile& file) { file.SetRoot(At(file.Open(), "values")); },
     "the root is not an object"},
    {"RootThatIsNoContainer", [](PatchedFile& file) { file.SetRoot(Cell::SmallInt(7)); },
     "the root is not an object"},
    {"BigIntThatIsText",
     [](PatchedFile& file) {
       const Cell text = At(file.Open(), "values.8");
       file.SetCell(FirstValue(file), Cell::Make(CellKind::kBigInt, 0, text.index()));
     },
     "a large integer has no digits (damaged file)"},
    {"DateInAnArtifact", ReplaceAValue(Cell::Make(CellKind::kDate, 0, 1)),
     "an artifact holds a date, which JSON has not"},
    {"DateOutOfRange",
     [](PatchedFile& file) {
       file.header().mutate_kind(static_cast<schema::Kind>(1));
       file.SetCell(FirstValue(file), Cell::Make(CellKind::kDate, 0, 0));
     },
     "a date out of range (damaged file)"},
    {"TimeZoneOutOfRange",
     [](PatchedFile& file) {
       file.header().mutate_kind(static_cast<schema::Kind>(1));
       file.values().mutable_wide()->Mutate(0, 0);
       file.SetCell(FirstValue(file), Cell::Make(CellKind::kDateTime, 7, 0));
     },
     "a time zone out of range (damaged file)"},
    {"NoResourceType",
     [](PatchedFile& file) { file.resources().mutable_resource_type()->Mutate(3, kNoString); },
     "a resource without resource_type"},
    {"UniqueIdThatDoesNotExist",
     [](PatchedFile& file) { file.resources().mutable_unique_id()->Mutate(0, kFarAway); },
     "a resource names a string that does not exist"},
    {"GroupThatDoesNotExist",
     [](PatchedFile& file) { file.resources().mutable_group()->Mutate(3, kFarAway); },
     "a resource names a string that does not exist"},
    {"FqnOutside",
     [](PatchedFile& file) {
       file.resources().mutable_fqn()->Mutate(0, Cell::Array(kFarAway, 0).bits());
     },
     "cells 0 and following lie outside the file"},
    {"VersionOfUnknownKind",
     [](PatchedFile& file) { file.resources().mutable_version()->Mutate(0, 15); },
     "a value of unknown kind (damaged file)"},
    {"UnknownCollection",
     [](PatchedFile& file) { file.resources().mutable_collection()->Mutate(3, kCollectionCount); },
     "a resource of an unknown collection"},
    {"NoUniqueId",
     [](PatchedFile& file) { file.resources().mutable_unique_id()->Mutate(0, kNoString); },
     "a resource without unique_id"},
    {"ResourceThatIsNoObject",
     [](PatchedFile& file) { file.resources().mutable_value()->Mutate(0, Cell::Null().bits()); },
     "a resource that is no object"},
    {"UnsortedResources",
     [](PatchedFile& file) {
       auto* ids = file.resources().mutable_unique_id();
       const StringId first = ids->Get(0);
       ids->Mutate(0, ids->Get(1));
       ids->Mutate(1, first);
     },
     "resources are not sorted by unique_id"},
    {"ResourceListedTwice",
     [](PatchedFile& file) {
       auto* ids = file.resources().mutable_unique_id();
       ids->Mutate(1, ids->Get(0));
     },
     "resources are not sorted by unique_id"},
    {"FirstGraphOffset",
     [](PatchedFile& file) { file.graph().mutable_child_indptr()->Mutate(0, 1); },
     "graph offsets are out of order"},
    {"LastGraphOffset",
     [](PatchedFile& file) { file.graph().mutable_parent_indptr()->Mutate(3, 1); },
     "graph offsets are out of order"},
    {"UnsortedGraphOffsets",
     [](PatchedFile& file) { file.graph().mutable_parent_indptr()->Mutate(1, kFarAway); },
     "graph offsets are out of order"},
    {"EdgeThatLeavesTheGraph",
     [](PatchedFile& file) { file.graph().mutable_child_indices()->Mutate(0, 3); },
     "an edge of row 1 leads outside the graph"},
    {"EdgeThatRepeats",
     [](PatchedFile& file) {
       // Both edges now begin at the first row, and lead to the same one.
       for (const Row row : {1, 2}) file.graph().mutable_child_indptr()->Mutate(row, 2);
       for (const uint32_t edge : {0, 1}) file.graph().mutable_child_indices()->Mutate(edge, 1);
     },
     "the edges of a row are not sorted"},
    {"EdgeThatOnlyOneDirectionKnows",
     [](PatchedFile& file) { file.graph().mutable_child_indices()->Mutate(0, 2); },
     "parents and children of the graph disagree"},
};

INSTANTIATE_TEST_SUITE_P(All, VerifyDamageTest, ::testing::ValuesIn(kDamages),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace flatmanifest
