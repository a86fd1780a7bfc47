#pragma once

// A stream between two functions, in a simulation that runs one of them after the other: a queue without an
// end. What its depth is matters to hardware only.

#include <cstddef>
#include <deque>
#include <stdexcept>
#include <string>

namespace hls {

template <class T>
class stream {
 public:
  stream() {}
  explicit stream(const char* name) : name_(name) {}

  /// The oldest value, which leaves the stream. In hardware the reader would wait for ever if there is none;
  /// here that ends the simulation.
  T read() {
    if (waiting_.empty()) throw std::logic_error("stream '" + name_ + "' is read while it is empty");
    const T value = waiting_.front();
    waiting_.pop_front();
    return value;
  }
  void write(const T& value) { waiting_.push_back(value); }
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }

 private:
  stream(const stream&);
  stream& operator=(const stream&);

  std::string name_;
  std::deque<T> waiting_;
};

}  // namespace hls
