// Data sets are handed round compressed. zlib does the work; what is added here is a verdict in words for
// each way in which such a file can be broken, and a limit on what may come out.

#include "data/gzip.h"

#include <algorithm>
#include <limits>

#include <zlib.h>

#include "support/check.h"

namespace gw {

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

Inflated gunzip(std::string_view bytes, std::uint64_t limit) {
  z_stream stream{};
  constexpr int gzip_only = 16 + MAX_WBITS;
  GW_CHECK(inflateInit2(&stream, gzip_only) == Z_OK);
  struct Ender {
    z_stream* stream;
    ~Ender() { inflateEnd(stream); }
  } ender{&stream};

  Inflated result;
  const auto fail = [&](const char* fault) { return Inflated{{}, fault}; };
  std::string chunk(std::size_t{1} << 16, '\0');
  std::size_t fed = 0;
  for (int status = Z_OK;;) {
    if (stream.avail_in == 0) {
      const std::size_t step = std::min<std::size_t>(bytes.size() - fed, std::numeric_limits<uInt>::max());
      if (step == 0) return status == Z_STREAM_END ? result : fail("its end is missing");
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + fed));
      stream.avail_in = static_cast<uInt>(step);
      fed += step;
    }
    if (status == Z_STREAM_END && inflateReset(&stream) != Z_OK) return fail("cannot be unpacked");
    do {
      stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream.avail_out = static_cast<uInt>(chunk.size());
      status = inflate(&stream, Z_NO_FLUSH);
      if (status == Z_BUF_ERROR) break;  // no progress without more input
      if (status != Z_OK && status != Z_STREAM_END) return fail("its contents are damaged");
      const std::size_t size = chunk.size() - stream.avail_out;
      if (result.bytes.size() + size > limit) return fail("it holds more bytes than it should");
      result.bytes.append(chunk, 0, size);
    } while (status != Z_STREAM_END && stream.avail_out == 0);
  }
}

}  // namespace gw
