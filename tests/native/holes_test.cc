#include "portable/holes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "format/error.h"

namespace flatmanifest::portable {
namespace {

using Environment = std::map<std::string, std::string>;

std::string Fill(const std::string& contents, const std::vector<Hole>& holes, TextForm form,
                 const std::string& project = "/p", const Environment& environment = {}) {
  Roots roots;
  roots.Add(kProject, project);
  const Bytes bytes = Filled(std::as_bytes(std::span(contents)), holes, form, roots, environment);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(Holes, AreFilledWithJson) {
  const std::vector<Hole> holes = {{.offset = 5, .text = "\x1aP", .variables = {}},
                                   {.offset = 7, .text = "\x1aP/x", .variables = {}}};
  EXPECT_EQ(
      Fill(R"({"a":, "b": 1})", {{.offset = 5, .text = "\x1aP", .variables = {}}}, TextForm::kJson),
      R"({"a":"/p", "b": 1})");
  EXPECT_EQ(Fill("01234567", holes, TextForm::kJson), R"(01234"/p"56"/p/x"7)");
  EXPECT_EQ(Fill("unchanged", {}, TextForm::kJson), "unchanged");
}

// Fills in pieces of `size` bytes.
std::string FillPieces(const std::string& contents, const std::vector<Hole>& holes,
                       const Beginning& beginning, size_t size) {
  Roots roots;
  roots.Add(kProject, "/p");
  const Environment environment;
  std::string filled;
  Filler filler(holes, TextForm::kJson, roots, environment, beginning,
                [&](std::span<const std::byte> piece) {
                  filled.append(reinterpret_cast<const char*>(piece.data()), piece.size());
                });
  for (size_t begin = 0; begin < contents.size(); begin += size) {
    filler.Add(std::as_bytes(std::span(contents))
                   .subspan(begin)
                   .first(std::min(size, contents.size() - begin)));
  }
  filler.Finish();
  return filled;
}

TEST(Holes, AreFilledInPiecesOfAnySize) {
  const std::vector<Hole> holes = {{.offset = 4, .text = "\x1aP", .variables = {}},
                                   {.offset = 4, .text = "\x1aP/x", .variables = {}},
                                   {.offset = 10, .text = "\x1aP/y", .variables = {}}};
  for (size_t size = 1; size < 12; ++size) {
    EXPECT_EQ(FillPieces("0123456789", holes, {}, size), R"(0123"/p""/p/x"456789"/p/y")");
    const Beginning beginning{.replaced = 3, .text = "beginning "};
    EXPECT_EQ(FillPieces("0123456789", holes, beginning, size),
              R"(beginning 3"/p""/p/x"456789"/p/y")");
    EXPECT_EQ(FillPieces("0123456789", {}, {.replaced = 10, .text = "all"}, size), "all");
    EXPECT_THROW(FillPieces("0123456789", {}, {.replaced = 11, .text = ""}, size), FormatError);
    EXPECT_THROW(FillPieces("012345678", holes, {}, size), FormatError);
    EXPECT_THROW(FillPieces("0123456789", holes, {.replaced = 5, .text = ""}, size), FormatError);
  }
}

TEST(Holes, RefuseAPathThatJsonEscapes) {
  const std::vector<Hole> holes = {{.offset = 0, .text = "\x1aP", .variables = {}}};
  for (const char* path : {"/a\"b", "/a\\b", "/\xC3\xA9", "/a\nb"}) {
    EXPECT_THROW(Fill("", holes, TextForm::kJson, path), FormatError) << path;
    EXPECT_NO_THROW(Fill("", holes, TextForm::kMsgpack, path)) << path;
  }
}

TEST(Holes, AreFilledWithMsgpackOfEverySize) {
  const std::vector<Hole> holes = {{.offset = 1, .text = "\x1aP", .variables = {}}};
  const auto path = [](size_t size) { return '/' + std::string(size - 1, 'a'); };
  const auto filled = [&](size_t size) {
    return Fill("[]", holes, TextForm::kMsgpack, path(size));
  };
  EXPECT_EQ(filled(2), std::string("[\xA2") + path(2) + "]");
  EXPECT_EQ(filled(31), std::string("[\xBF") + path(31) + "]");
  EXPECT_EQ(filled(32), std::string("[\xD9\x20") + path(32) + "]");
  EXPECT_EQ(filled(255), std::string("[\xD9\xFF") + path(255) + "]");
  EXPECT_EQ(filled(256), std::string("[\xDA\x01\x00", 4) + path(256) + "]");
  EXPECT_EQ(filled(65536), std::string("[\xDB\x00\x01\x00\x00", 6) + path(65536) + "]");
}

TEST(Holes, AreReadAgainFromMsgpack) {
  const std::vector<Hole> holes = {{.offset = 1, .text = "\x1aP", .variables = {}}};
  for (const size_t size : {2, 31, 32, 255, 256, 65536}) {
    const std::string path = '/' + std::string(size - 1, 'a');
    const std::string packed = Fill("[]", holes, TextForm::kMsgpack, path);
    EXPECT_EQ(MsgpackTextAt(packed, 1), path);
    EXPECT_EQ(MsgpackTextAt(packed.substr(0, packed.size() - 2), 1), std::nullopt);
  }
  for (const char* other : {"", "\x01", "\xC0", "\xD9", "\xDB\x01", "\xD9\xFF"}) {
    EXPECT_EQ(MsgpackTextAt(other, 0), std::nullopt);
  }
  EXPECT_EQ(MsgpackTextAt("\xA1x", 9), std::nullopt);
}

TEST(Holes, AreFilledWithVariablesThatAreNotKept) {
  const std::vector<Hole> holes = {{.offset = 0, .text = {}, .variables = {"SET", "UNSET"}}};
  EXPECT_EQ(Fill("", holes, TextForm::kMsgpack, "/p", {{"SET", "value"}, {"OTHER", "x"}}),
            "\x82\xA3SET\xA5value\xA5UNSET\xB7"
            "DBT_DEFAULT_PLACEHOLDER");
  EXPECT_THROW(Fill("", holes, TextForm::kJson), FormatError);
}

TEST(Holes, AreRefusedOutsideTheirFile) {
  for (const uint64_t offset : {uint64_t{4}, UINT64_MAX}) {
    EXPECT_THROW(
        Fill("abc", {{.offset = offset, .text = "\x1aP", .variables = {}}}, TextForm::kJson),
        FormatError);
  }
  const std::vector<Hole> backwards = {{.offset = 2, .text = "\x1aP", .variables = {}},
                                       {.offset = 1, .text = "\x1aP", .variables = {}}};
  EXPECT_THROW(Fill("abc", backwards, TextForm::kJson), FormatError);
  EXPECT_THROW(Fill("abc", {{.offset = 0, .text = "\x1aT", .variables = {}}}, TextForm::kJson),
               FormatError);
}

}  // namespace
}  // namespace flatmanifest::portable
