// The resident dbt's side of the command line; tests/dbt/test_resident*.py run real templates.

#include "resident/resident.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "format/error.h"
#include "resident/offer.h"
#include "resident/place.h"
#include "resident/process_state.h"
#include "resident/start_variables.h"
#include "testing/scratch_directory.h"

namespace flatmanifest::resident {
namespace {

namespace fs = std::filesystem;

// Sets a variable for one test, and restores it.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    const char* before = std::getenv(name);
    was_set_ = before != nullptr;
    if (was_set_) before_ = before;
    if (value == nullptr) {
      ::unsetenv(name);
    } else {
      ::setenv(name, value, 1);
    }
  }
  ~Variable() {
    if (was_set_) {
      ::setenv(name_, before_.c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  bool was_set_ = false;
  std::string before_;
};

TEST(Resident, ModesAreThoseOfTheDocumentation) {
  EXPECT_EQ(ModeOf(nullptr), Mode::kAuto);
  EXPECT_EQ(ModeOf(""), Mode::kAuto);
  EXPECT_EQ(ModeOf("auto"), Mode::kAuto);
  EXPECT_EQ(ModeOf("0"), Mode::kOff);
  EXPECT_EQ(ModeOf("1"), Mode::kOn);
  EXPECT_EQ(ModeOf("yes"), Mode::kUnknown);
}

TEST(Resident, NothingIsOfferedWithoutThePlugin) {
  const Variable on("FLATMANIFEST_RESIDENT", "1");
  const Variable off("FLATMANIFEST", "0");
  EXPECT_FALSE(OfferFor({"compile"}).is_wanted);
  EXPECT_EQ(resident::Run("python", {"compile"}).reason, "");
}

TEST(Resident, VariablesThatTraceTheProcessForbidACopy) {
  const Variable plugin("FLATMANIFEST", nullptr);
  const Variable on("FLATMANIFEST_RESIDENT", "1");
  EXPECT_EQ(OfferFor({"compile"}).reason, "");
  const Variable tracing("COV_CORE_SOURCE", "");
  EXPECT_EQ(OfferFor({"compile"}).reason, "the variable COV_CORE_SOURCE is set");
}

TEST(Resident, ASocketIsNamedByWhatACopyCannotTakeOn) {
  const std::string name = SocketName("/bin/python");
  EXPECT_EQ(SocketName("/bin/python"), name);
  EXPECT_NE(SocketName("/bin/python3"), name);
  const Variable other("LC_ALL", "another");
  EXPECT_NE(SocketName("/bin/python"), name);
}

TEST(Resident, OnlySomeVariablesAreReadAtTheStart) {
  EXPECT_TRUE(IsReadAtStart("PYTHONPATH"));
  EXPECT_TRUE(IsReadAtStart("LD_PRELOAD"));
  EXPECT_TRUE(IsReadAtStart("LANG"));
  EXPECT_FALSE(IsReadAtStart("DBT_ENV_SECRET_TOKEN"));
  EXPECT_FALSE(IsReadAtStart("HOME"));
}

TEST(Resident, APlaceIsPrivateAndHasNoTemplateAtFirst) {
  const testing::ScratchDirectory scratch;
  const std::string directory = scratch / "run";
  fs::create_directory(directory);
  const Variable runtime("XDG_RUNTIME_DIR", directory.c_str());
  const Place place = OpenPlace();
  struct stat found {};
  ASSERT_EQ(::stat(place.path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777, 0700U);
  EXPECT_TRUE(SocketNames(place).empty());
  EXPECT_LT(Connect(place, SocketName("python")).get(), 0);
  EXPECT_TRUE(DescribeTemplates().empty());
  EXPECT_EQ(StopTemplates(), 0U);
  fs::permissions(place.path, fs::perms::others_exec, fs::perm_options::add);
  EXPECT_THROW(OpenPlace(), FormatError);
}

TEST(Resident, TheStateOfTheProcessHasItsDescriptorsAndLimits) {
  const ProcessState state = CurrentState();
  EXPECT_FALSE(state.descriptors.empty());
  EXPECT_EQ(state.limits.size(), 16U);
  EXPECT_FALSE(state.processors.empty());
}

}  // namespace
}  // namespace flatmanifest::resident
