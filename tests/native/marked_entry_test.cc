#include "front/marked_entry.h"

#include <gtest/gtest.h>

#include "convert/convert.h"
#include "format/error.h"
#include "format/verify.h"
#include "testing/message_of.h"

namespace flatmanifest::front {
namespace {

using flatmanifest::testing::MessageOf;

constexpr const char* kEntry = R"({
  "nodes": {"seed.s.a": {"unique_id": "seed.s.a", "root_path": "/srv/shop", "raw_code": "a"},
            "model.s.b": {"unique_id": "model.s.b", "root_path": null, "raw_code": "TEXT"}},
  "files": {"s://a.csv": {"path": {"project_root": "/srv/shop", "relative_path": "a.csv"}},
            "p://b.sql": {"path": {"project_root": "/venv/dbt/include", "relative_path": "b"}}}})";

std::string EntryWith(const std::string& text) {
  std::string json = kEntry;
  return json.replace(json.find("TEXT"), 4, text);
}

class MarkedEntryTest : public ::testing::Test {
 protected:
  MarkedEntryTest() {
    roots_.Add(portable::kProject, "/srv/shop");
    roots_.Add(portable::kPrefix, "/venv");
  }
  FileImage Marked(const std::string& json) {
    const FileImage entry = ConvertJson(simdjson::padded_string(json), "entry", {});
    return MarkedEntry(Document::Open(entry.bytes(), "entry"), roots_);
  }

  portable::Roots roots_;
};

TEST_F(MarkedEntryTest, MarksThePathsThatDbtKeeps) {
  const FileImage image = Marked(EntryWith("select '/other/path'"));
  const Document document = Document::Open(image.bytes(), "marked");
  Verify(document);
  const auto text = [&](Cell cell) { return std::string(document.String(cell.index())); };
  const auto at = [&](Cell object, const char* key) { return *document.Find(object, key); };
  const Cell seed = at(at(document.root(), "nodes"), "seed.s.a");
  EXPECT_EQ(text(at(seed, "root_path")), "\x1aP");
  EXPECT_EQ(text(at(seed, "raw_code")), "a");
  const Cell files = at(document.root(), "files");
  EXPECT_EQ(text(at(at(at(files, "p://b.sql"), "path"), "project_root")), "\x1aS/dbt/include");
  EXPECT_EQ(text(at(at(at(document.root(), "nodes"), "model.s.b"), "raw_code")),
            "select '/other/path'");
  EXPECT_EQ(document.row_count(), 2U);
  EXPECT_NE(document.FindRow("model.s.b"), kNoRow);
}

TEST_F(MarkedEntryTest, IsBoundInAnotherPlace) {
  const FileImage marked = Marked(EntryWith("select '/other/path'"));
  portable::Roots there;
  there.Add(portable::kProject, "/home/me/a longer path");
  there.Add(portable::kPrefix, "/v");
  const FileImage image = BoundEntry(Document::Open(marked.bytes(), "marked"), there);
  const Document document = Document::Open(image.bytes(), "bound");
  Verify(document);
  const std::string_view all(reinterpret_cast<const char*>(document.string_data().data()),
                             document.string_data().size());
  EXPECT_NE(all.find("/home/me/a longer path"), std::string_view::npos);
  EXPECT_NE(all.find("/v/dbt/include"), std::string_view::npos);
  EXPECT_EQ(all.find("/srv/shop"), std::string_view::npos);
  EXPECT_FALSE(portable::IsMarked(all));
}

TEST_F(MarkedEntryTest, RefusesAPlaceThatTheEntryHasAsATextOrDoesNotKnow) {
  const FileImage marked = Marked(EntryWith("/other"));
  const Document document = Document::Open(marked.bytes(), "marked");
  portable::Roots there;
  EXPECT_THROW(BoundEntry(document, there), FormatError);
  there.Add(portable::kProject, "/other");
  there.Add(portable::kPrefix, "/v");
  EXPECT_THROW(BoundEntry(document, there), FormatError);
}

TEST_F(MarkedEntryTest, RefusesAPathAnywhereElse) {
  for (const char* text : {"/srv/shop", "select '/srv/shop/seeds'", "file:///srv/shop/a"}) {
    const std::string message = MessageOf<FormatError>([&] { Marked(EntryWith(text)); });
    EXPECT_NE(message.find("where dbt keeps none"), std::string::npos) << text;
  }
  EXPECT_NO_THROW(Marked(EntryWith("/srv/shopping")));
}

TEST_F(MarkedEntryTest, RefusesAMarkThatIsThereAlready) {
  EXPECT_THROW(Marked(EntryWith("\\u001aP")), FormatError);
}

}  // namespace
}  // namespace flatmanifest::front
