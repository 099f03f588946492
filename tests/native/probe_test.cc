#include <gtest/gtest.h>
#include "convert/convert.h"
#include "format/error.h"
#include <cstdio>
using namespace flatmanifest;
void P(std::string s, std::string note="") {
  simdjson::padded_string p(s);
  try { Writer w; ReadJson(p, "x", w, nullptr); printf("%-40s OK\n", s.substr(0,60).c_str()); }
  catch (const ConvertError& e) { printf("%-40s %s\n", s.substr(0,60).c_str(), e.what()); }
}
TEST(A,B) {
 for (std::string s : {"", "  ", "hello", "[1]", "1", "\"a\"", "null", "{\"a\":\"\\ud800\"}", "{\"a\":\"x\\udc00\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"\\ud800\":1}", "{\"a\":1,\"b\": NaN}", "{\"a\":[Infinity]}", "{\"a\":-Infinity}","{\"a\":  -Infinity  }",
 "{\"a\":\"x\ny\"}", "{\"a\":\"xy}", "{\"a\":[1,]}", "{\"a\":1,}", "{\"a\":1} x", "{\"a\":1}}", "{\"a\":1}{}", "{\"a\":1e400}", "{\"a\":01}", "{\"a\":-}", "{\"a\":1.}", "{\"a\":[1,.5]}", "{\"a\":[1,+5]}", "{\"a\":12345678901234567890123}", "{\"a\":[12345678901234567890123x]}", "\xef\xbb\xbf{\"a\":1}", "{\"a\":\"\xff\"}", "{\"a\":{\"b\":1}", "{\"a\":[1}", "{\"a\":[1,2}", "{\"a\":[[1]}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":tru}", "{\"a\":truex}", "{\"a\":nul}", "{\"a\":falsy}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{a:1}", "{\"a\":}", "{\"a\":,}", "{,}", "{\"a\":1,,\"b\":2}", "{\"a\"}", "{\"a\":1]", "{]", "{\"a\":[}", "{\"a\":[}]", "{\"a\":'x'}", "{\"a\":-0}", "{\"a\":-0.0}", "{'a':1}", "{\"a\":1.e5}", "{\"a\":1e}", "{\"a\":--1}", "{\"a\":[1 2]}", "{\"a\":-01}", "{\"a\":\"\\\"}", "{\"a\":1}\x00"}) P(s);
 P(std::string("{\"a\":1}\0",8)); P(std::string("{\"a\":\"\0\"}",9));P(std::string("{\"a\":\0}",7));
 for (int d : {1023,1024,1025,100000}) { std::string s="{\"a\":"+std::string(d-1,'[')+std::string(d-1,']')+"}"; P(s); std::string t; for(int i=0;i<d;++i)t+="{\"a\":"; t+="1"; t+=std::string(d,'}'); P(t);}
 std::string doc = R"({"a": [1, {"b": "x\"y", "c": null}, true], "d": {"e": -1.5e3}})";
 for (size_t i=0;i<=doc.size();++i) P(doc.substr(0,i));
}
