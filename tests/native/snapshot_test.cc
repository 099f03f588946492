#include "freshness/snapshot.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "format/error.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

namespace fs = std::filesystem;

class SnapshotTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    const fs::path path = root() / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  fs::path root() const { return directory_ / "project"; }
  std::vector<FileDependency> roots() const {
    return {{(root() / "models").string()}, {(root() / "seeds").string()}};
  }
  Snapshot Take() const { return TakeSnapshot(roots()); }
  bool IsFresh(const Snapshot& earlier) const {
    return TakeSnapshotLike(roots(), earlier).SameAs(earlier);
  }

  testing::ScratchDirectory directory_;
};

TEST_F(SnapshotTest, StaysTheSameWhileNothingChanges) {
  Write("models/a.sql", "select 1");
  Write("models/marts/b.sql", "select 2");
  const Snapshot snapshot = Take();
  EXPECT_EQ(snapshot.file_count, 2U);
  EXPECT_TRUE(IsFresh(snapshot));
}

TEST_F(SnapshotTest, SeesEveryChange) {
  Write("models/a.sql", "select 1");
  Write("models/marts/b.sql", "select 2");
  const auto sees = [&](const auto& change) {
    const Snapshot before = Take();
    EXPECT_TRUE(IsFresh(before));
    change();
    return !IsFresh(before);
  };
  EXPECT_TRUE(sees([&] { Write("models/a.sql", "select 2"); }));  // size and perhaps time alike
  EXPECT_TRUE(sees([&] { Write("models/c.sql", ""); }));
  EXPECT_TRUE(sees([&] { fs::remove(root() / "models/c.sql"); }));
  EXPECT_TRUE(sees([&] { fs::rename(root() / "models/a.sql", root() / "models/d.sql"); }));
  EXPECT_TRUE(sees([&] { fs::create_directory(root() / "models/empty"); }));
  EXPECT_TRUE(sees([&] { Write("seeds/s.csv", "a\n1\n"); }));  // a root that was not there
  EXPECT_TRUE(sees([&] { fs::remove_all(root() / "models/marts"); }));
}

TEST_F(SnapshotTest, ReadsFilesThatWereJustWritten) {
  Write("models/a.sql", "select 1");
  const Snapshot snapshot = Take();
  ASSERT_EQ(snapshot.by_content.size(), 1U);
  EXPECT_FALSE(IsWorthRetaking(snapshot));
  // The times are restored, which for ctime only the kernel can do, so the content must tell.
  Snapshot later = snapshot;
  later.taken_ns -= 10'000'000'000;
  EXPECT_TRUE(IsWorthRetaking(later));
}

TEST_F(SnapshotTest, LeavesOutWhatDbtDoesNotRead) {
  Write("models/a.sql", "select 1");
  const Snapshot snapshot = Take();
  Write("models/.a.sql.swp", "x");
  Write("models/#a.sql#", "x");
  Write("models/~a.sql", "x");
  Write("target/manifest.json", "{}");
  EXPECT_TRUE(IsFresh(snapshot));
}

TEST_F(SnapshotTest, FollowsLinks) {
  Write("models/a.sql", "select 1");
  Write("elsewhere/b.sql", "select 2");
  fs::create_directory_symlink(root() / "elsewhere", root() / "models/linked");
  fs::create_symlink(root() / "nowhere", root() / "models/dangling.sql");
  const Snapshot snapshot = Take();
  EXPECT_EQ(snapshot.file_count, 2U);
  Write("elsewhere/b.sql", "select 22");
  EXPECT_FALSE(IsFresh(snapshot));
}

TEST_F(SnapshotTest, RefusesLinksInCircles) {
  Write("models/a.sql", "select 1");
  fs::create_directory_symlink(root() / "models", root() / "models/again");
  EXPECT_THROW(Take(), IoError);
}

TEST_F(SnapshotTest, NamesFilesThatItCannotRead) {
  Write("models/a.sql", "select 1");
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  fs::permissions(root() / "models", fs::perms::none);
  EXPECT_THROW(Take(), IoError);
  fs::permissions(root() / "models", fs::perms::owner_all);
}

TEST_F(SnapshotTest, SeesHiddenDocumentsOfSemanticModels) {
  Write("osi/a.json", "{}");
  const std::vector<FileDependency> read = {{(root() / "osi").string(), FileUse::kRead}};
  const Snapshot snapshot = TakeSnapshot(read);
  Write("osi/.b.json", "{}");
  EXPECT_FALSE(TakeSnapshotLike(read, snapshot).SameAs(snapshot));
}

TEST_F(SnapshotTest, SeesWhichNamesADirectoryHas) {
  Write("models/a.sql", "select 1");
  const std::vector<FileDependency> listed = {{(root() / "models").string(), FileUse::kListed},
                                              {(root() / "absent").string(), FileUse::kListed}};
  const Snapshot snapshot = TakeSnapshot(listed);
  const auto is_fresh = [&] { return TakeSnapshotLike(listed, snapshot).SameAs(snapshot); };
  Write("models/a.sql", "select 2, which is another size");
  EXPECT_TRUE(is_fresh());
  Write("models/.hidden", "");
  EXPECT_FALSE(is_fresh());
  fs::remove(root() / "models/.hidden");
  EXPECT_TRUE(is_fresh());
  Write("absent/a.sql", "");
  EXPECT_FALSE(is_fresh());
}

TEST_F(SnapshotTest, SeesWhetherSomethingIsThereAndOfWhatKind) {
  Write("models/a.sql", "select 1");
  const std::string path = (root() / "models" / "a.sql").string();
  const std::vector<FileDependency> probed = {{path, FileUse::kProbed}};
  const auto sees = [&](const auto& change) {
    const Snapshot before = TakeSnapshot(probed);
    change();
    return !TakeSnapshotLike(probed, before).SameAs(before);
  };
  EXPECT_FALSE(sees([&] { Write("models/a.sql", "select 2, which is another size"); }));
  EXPECT_TRUE(sees([&] { fs::remove(path); }));
  EXPECT_TRUE(sees([&] { fs::create_directory(path); }));
  EXPECT_FALSE(sees([&] { Write("models/a.sql/b.sql", ""); }));
  EXPECT_TRUE(sees([&] {
    fs::remove_all(path);
    fs::create_symlink("b.sql", path);
  }));
  EXPECT_TRUE(sees([&] {  // as absent as before, but another link
    fs::remove(path);
    fs::create_symlink("c.sql", path);
  }));
}

TEST_F(SnapshotTest, TellsUsesOfOnePathApart) {
  Write("models/a.sql", "select 1");
  const std::string path = (root() / "models").string();
  std::set<uint64_t> digests;
  for (const FileUse use : {FileUse::kRead, FileUse::kListed, FileUse::kProbed, FileUse::kAlone}) {
    const FileDependency one{path, use};
    digests.insert(TakeSnapshot({&one, 1}).digest_low);
  }
  EXPECT_EQ(digests.size(), 4U);
}

TEST_F(SnapshotTest, LooksAtADirectoryAlone) {
  Write("models/a.sql", "select 1");
  const std::vector<FileDependency> alone = {{(root() / "models").string(), FileUse::kAlone}};
  const Snapshot snapshot = TakeSnapshot(alone);
  const auto is_fresh = [&] { return TakeSnapshotLike(alone, snapshot).SameAs(snapshot); };
  EXPECT_EQ(snapshot.file_count, 0U);
  EXPECT_TRUE(is_fresh());
  Write("models/a.sql", "select 2");
  EXPECT_TRUE(is_fresh());
  Write("models/b.sql", "");
  EXPECT_FALSE(is_fresh());
}

TEST_F(SnapshotTest, KnowsANewFileByItsTimes) {
  Write("models/a.sql", "select 1");
  const std::string path = (root() / "models" / "a.sql").string();
  const std::vector<FileDependency> only = {{path}};
  for (int round = 0; round < 20; ++round) {  // within one tick of the clock
    const Snapshot snapshot = TakeSnapshotOfNew(path);
    EXPECT_TRUE(snapshot.by_content.empty());
    EXPECT_TRUE(TakeSnapshotLike(only, snapshot).SameAs(snapshot));
    Write("models/a.sql", "select 2");
    EXPECT_FALSE(TakeSnapshotLike(only, snapshot).SameAs(snapshot));
  }
  fs::remove(path);
  EXPECT_EQ(TakeSnapshotOfNew(path).file_count, 0U);
}

TEST_F(SnapshotTest, NamesFilesThatHaveChangedSince) {
  Write("models/a.sql", "select 1");
  Write("models/marts/b.sql", "select 2");
  const int64_t now = Take().taken_ns;
  const auto future = fs::file_time_type::clock::now() + std::chrono::hours(1);
  fs::last_write_time(root() / "models" / "marts" / "b.sql", future);
  constexpr int64_t kMinuteNs = 60'000'000'000;
  EXPECT_EQ(ChangedSince(roots(), now + kMinuteNs, 5),
            std::vector<std::string>{(root() / "models" / "marts" / "b.sql").string()});
  EXPECT_EQ(ChangedSince(roots(), 0, 2).size(), 2U);
  EXPECT_TRUE(ChangedSince({}, 0, 2).empty());
}

}  // namespace
}  // namespace flatmanifest
