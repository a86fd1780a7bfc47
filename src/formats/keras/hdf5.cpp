// The only file that knows libhdf5. A file is read whole, out of memory, into plain maps: models are small,
// and what follows can then ask for anything in any order. The library is told to be silent, to load no
// plugins and to follow no links out of the file; every size is held against what the file really has before
// memory is asked for.

#include "formats/keras/hdf5.h"

#include <bit>
#include <cstring>
#include <set>

#include <hdf5.h>

#include "support/isolated.h"
#include "support/messages.h"

namespace gw {

const std::vector<std::string>* Hdf5File::attribute(const std::string& object,
                                                    const std::string& name) const {
  const auto found = texts.find(object + "@" + name);
  return found == texts.end() ? nullptr : &found->second;
}

namespace {

std::string below(const std::string& group) { return group == "/" ? group : group + "/"; }

/// Calls f with each path below the group, of datasets and of objects with attributes, until it says false.
template <class F>
void visit_below(const Hdf5File& file, const std::string& group, const F& f) {
  const std::string start = below(group);
  const auto visit = [&](const auto& map) {
    for (auto entry = map.lower_bound(start); entry != map.end(); ++entry) {
      if (!entry->first.starts_with(start) || !f(entry->first.substr(start.size()))) return;
    }
  };
  visit(file.datasets);
  visit(file.texts);
}

}  // namespace

bool Hdf5File::has_group(const std::string& path) const {
  bool found = false;
  visit_below(*this, path, [&](const std::string&) {
    found = true;
    return false;
  });
  return found;
}

std::vector<std::string> Hdf5File::members(const std::string& group) const {
  std::set<std::string> names;
  visit_below(*this, group, [&](const std::string& rest) {
    names.insert(rest.substr(0, rest.find_first_of("/@")));
    return true;
  });
  names.erase("");  // an attribute of the group's own
  return {names.begin(), names.end()};
}

bool is_hdf5(std::string_view bytes) { return bytes.starts_with(std::string_view("\x89HDF\r\n\x1a\n", 8)); }

namespace {

constexpr int deepest = 64;
constexpr size_t most_objects = 200'000;
constexpr size_t most_texts = std::size_t{1} << 20;
constexpr hsize_t most_values = hsize_t{1} << 28;
/// No filter of the library packs values tighter than this.
constexpr hsize_t densest = 1100;
/// Weights are not packed tighter than this, and what a file has beside them (masks, biases of zeros) is no
/// more than so many values.
constexpr hsize_t usual = 32, most_tight = hsize_t{1} << 22;

/// An identifier of the library with the call that gives it back.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  explicit operator bool() const { return id_ >= 0; }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// What the library says went wrong: the innermost entry of its stack.
std::string last_error() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_DOWNWARD,
      [](unsigned, const H5E_error2_t* entry, void* out) -> herr_t {
        if (entry->desc && *entry->desc) *static_cast<std::string*>(out) = entry->desc;
        return 0;
      },
      &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "the library does not say why" : text;
}

class Reader {
 public:
  /// Everything below the root; "" or why not.
  std::string read(std::string_view bytes) {
    const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    // The image is copied by the library and only read.
    if (!access || H5Pset_fapl_core(access, 1 << 16, 0) < 0 ||
        H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size()) < 0) {
      return last_error();
    }
    const Handle file(H5Fopen("image", H5F_ACC_RDONLY, access), H5Fclose);
    if (!file) return last_error();
    const Handle root(H5Oopen(file, "/", H5P_DEFAULT), H5Oclose);
    if (!root) return last_error();
    return read_object(root, "/", 0);
  }

  Hdf5File take() { return std::move(file_); }

 private:
  std::string at(const std::string& path, const std::string& why) { return path + ": " + why; }

  std::string read_object(hid_t object, const std::string& path, int depth) {
    if (depth > deepest) return at(path, "groups are nested too deeply");
    if (++objects_ > most_objects) return "it has too many objects";
    if (std::string why = read_attributes(object, path); !why.empty()) return why;
    switch (H5Iget_type(object)) {
      case H5I_GROUP:
        return read_group(object, path, depth);
      case H5I_DATASET:
        return read_dataset(object, path);
      default:
        return "";  // a named type holds nothing that is looked for
    }
  }

  std::string read_group(hid_t group, const std::string& path, int depth) {
    // Hard links can make a circle.
    H5O_info_t identity;
    if (H5Oget_info2(group, &identity, H5O_INFO_BASIC) < 0) return at(path, last_error());
    if (!groups_.insert(identity.addr).second) return at(path, "a group lies in itself or in two places");
    H5G_info_t facts;
    if (H5Gget_info(group, &facts) < 0) return at(path, last_error());
    if (facts.nlinks > most_objects) return "it has too many objects";
    for (hsize_t index = 0; index < facts.nlinks; ++index) {
      std::string name;
      const auto length =
          H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, nullptr, 0, H5P_DEFAULT);
      if (length < 0) return at(path, last_error());
      name.resize(static_cast<size_t>(length) + 1);
      H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, name.data(), name.size(),
                         H5P_DEFAULT);
      name.resize(static_cast<size_t>(length));
      if (depth == 0 && (name == "optimizer_weights" || name == "optimizer")) continue;
      const std::string inner = below(path) + name;
      H5L_info_t link;
      if (H5Lget_info_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, &link, H5P_DEFAULT) < 0)
        return at(inner, last_error());
      if (link.type != H5L_TYPE_HARD) return at(inner, "it is a link to another place");
      const Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
      if (!object) return at(inner, last_error());
      if (std::string why = read_object(object, inner, depth + 1); !why.empty()) return why;
    }
    return "";
  }

  std::string read_dataset(hid_t dataset, const std::string& path) {
    const Handle space(H5Dget_space(dataset), H5Sclose), type(H5Dget_type(dataset), H5Tclose),
        layout(H5Dget_create_plist(dataset), H5Pclose);
    if (!space || !type || !layout) return at(path, last_error());
    Hdf5Dataset read;
    const int rank = H5Sget_simple_extent_ndims(space);
    std::vector<hsize_t> extents(static_cast<size_t>(std::max(rank, 0)));
    if (rank < 0 || H5Sget_simple_extent_dims(space, extents.data(), nullptr) < 0)
      return at(path, last_error());
    hsize_t count = 1;
    for (const hsize_t extent : extents) {
      if (extent > most_values || (extent > 0 && count > most_values / extent))
        return at(path, "it has too many values");
      count *= extent;
      read.shape.push_back(static_cast<std::int64_t>(extent));
    }
    const hsize_t size = H5Tget_size(type), stored = H5Dget_storage_size(dataset);
    const bool is_plain = H5Pget_layout(layout) != H5D_CHUNKED;
    if (H5Pget_external_count(layout) > 0 || H5Pget_layout(layout) == H5D_VIRTUAL)
      return at(path, "its values are in another file");
    if (count > 0 && (stored == 0 || (is_plain ? stored < count * size : stored < count * size / densest)))
      return at(path, "its values are not all in the file");
    if (!is_plain && stored < count * size / usual && (tight_ += count) > most_tight)
      return at(path, "its values are packed tighter than weights are");
    if (std::string why = read_values(dataset, type, count, read); !why.empty()) return at(path, why);
    file_.datasets.try_emplace(path, std::move(read));
    return "";
  }

  std::string read_values(hid_t dataset, hid_t type, hsize_t count, Hdf5Dataset& read) {
    const H5T_class_t kind = H5Tget_class(type);
    // NumPy has no such type: Keras stores two bytes and says what they are.
    const std::vector<std::string> names = dtype_of(dataset);
    const bool is_bfloat =
        kind == H5T_OPAQUE && H5Tget_size(type) == 2 && names == std::vector<std::string>{"bfloat16"};
    if (kind != H5T_INTEGER && kind != H5T_FLOAT && !is_bfloat) {
      read.unusable = "its elements are no plain numbers";
      return "";
    }
    if (is_bfloat) {
      std::vector<std::uint16_t> raw(count);
      if (count > 0 && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()) < 0)
        return last_error();
      for (const std::uint16_t bits : raw)
        read.values.push_back(std::bit_cast<float>(std::uint32_t{bits} << 16));
      return "";
    }
    read.values.resize(count);
    if (count > 0 &&
        H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.values.data()) < 0) {
      return last_error();
    }
    return "";
  }

  std::vector<std::string> dtype_of(hid_t dataset) {
    std::vector<std::string> texts;
    if (H5Aexists(dataset, "dtype") <= 0) return texts;
    const Handle attribute(H5Aopen(dataset, "dtype", H5P_DEFAULT), H5Aclose);
    if (attribute) read_texts(attribute, texts);
    return texts;
  }

  std::string read_attributes(hid_t object, const std::string& path) {
    H5O_info_t facts;
    if (H5Oget_info2(object, &facts, H5O_INFO_NUM_ATTRS) < 0) return at(path, last_error());
    if (facts.num_attrs > most_objects) return at(path, "it has too many attributes");
    for (hsize_t index = 0; index < facts.num_attrs; ++index) {
      const Handle attribute(
          H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, index, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
      if (!attribute) return at(path, last_error());
      const auto length = H5Aget_name(attribute, 0, nullptr);
      if (length < 0) return at(path, last_error());
      std::string name(static_cast<size_t>(length) + 1, '\0');
      H5Aget_name(attribute, name.size(), name.data());
      name.resize(static_cast<size_t>(length));
      std::vector<std::string> texts;
      if (std::string why = read_texts(attribute, texts); !why.empty()) return at(path + "@" + name, why);
      file_.texts[path + "@" + name] = std::move(texts);
    }
    return "";
  }

  /// The texts of an attribute; none of one that holds numbers.
  std::string read_texts(hid_t attribute, std::vector<std::string>& texts) {
    const Handle type(H5Aget_type(attribute), H5Tclose), space(H5Aget_space(attribute), H5Sclose);
    if (!type || !space) return last_error();
    if (H5Tget_class(type) != H5T_STRING) return "";
    const hssize_t count = H5Sget_simple_extent_npoints(space);
    if (count < 0 || static_cast<size_t>(count) > most_texts) return "it has too many texts";
    if (H5Tis_variable_str(type) > 0) {
      std::vector<char*> pointers(static_cast<size_t>(count), nullptr);
      if (count > 0 && H5Aread(attribute, type, pointers.data()) < 0) return last_error();
      for (const char* pointer : pointers) texts.emplace_back(pointer ? pointer : "");
      if (count > 0) H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
      return "";
    }
    const size_t size = H5Tget_size(type);
    const hsize_t stored = H5Aget_storage_size(attribute);
    if (size == 0 || static_cast<hsize_t>(count) > stored / size) return "its texts are not all in the file";
    std::string raw(static_cast<size_t>(count) * size, '\0');
    if (count > 0 && H5Aread(attribute, type, raw.data()) < 0) return last_error();
    for (hssize_t i = 0; i < count; ++i) {
      const std::string text = raw.substr(static_cast<size_t>(i) * size, size);
      texts.push_back(text.substr(0, text.find('\0')));
    }
    return "";
  }

  Hdf5File file_;
  std::set<haddr_t> groups_;
  size_t objects_ = 0;
  hsize_t tight_ = 0;  // values of datasets that are packed very tightly
};

/// The maps as bytes and back. A process whose memory was damaged may have written anything.
class Packer {
 public:
  static std::string pack(const std::string& why, const Hdf5File& file) {
    Packer packer;
    packer.text(why);
    packer.number(file.datasets.size());
    for (const auto& [path, dataset] : file.datasets) {
      packer.text(path);
      packer.text(dataset.unusable);
      packer.number(dataset.shape.size());
      for (const std::int64_t extent : dataset.shape) packer.number(static_cast<std::uint64_t>(extent));
      packer.number(dataset.values.size());
      packer.bytes_.append(reinterpret_cast<const char*>(dataset.values.data()),
                           dataset.values.size() * sizeof(float));
    }
    packer.number(file.texts.size());
    for (const auto& [path, texts] : file.texts) {
      packer.text(path);
      packer.number(texts.size());
      for (const std::string& text : texts) packer.text(text);
    }
    return std::move(packer.bytes_);
  }

 private:
  void number(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void text(const std::string& text) {
    number(text.size());
    bytes_ += text;
  }
  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

  /// False if the bytes are not what Packer writes.
  bool unpack(std::string& why, Hdf5File& file) {
    why = text();
    for (std::uint64_t left = count(); left > 0 && is_good_; --left) {
      const std::string path = text();
      Hdf5Dataset& dataset = file.datasets[path];
      dataset.unusable = text();
      for (std::uint64_t axes = count(); axes > 0 && is_good_; --axes)
        dataset.shape.push_back(static_cast<std::int64_t>(number()));
      const std::string_view raw = take(count() * sizeof(float));
      dataset.values.resize(raw.size() / sizeof(float));
      if (!raw.empty()) std::memcpy(dataset.values.data(), raw.data(), raw.size());
      std::uint64_t elements = 1;
      for (const std::int64_t extent : dataset.shape) elements *= static_cast<std::uint64_t>(extent);
      is_good_ = is_good_ && (!dataset.unusable.empty() || elements == dataset.values.size());
    }
    for (std::uint64_t left = count(); left > 0 && is_good_; --left) {
      const std::string path = text();
      std::vector<std::string>& texts = file.texts[path];
      for (std::uint64_t more = count(); more > 0 && is_good_; --more) texts.push_back(text());
    }
    return is_good_ && bytes_.empty();
  }

 private:
  std::string_view take(std::uint64_t size) {
    is_good_ = is_good_ && size <= bytes_.size();
    if (!is_good_) return {};
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const std::string_view raw = take(sizeof value);
    if (!raw.empty()) std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  /// As many things as there are bytes at the most.
  std::uint64_t count() {
    const std::uint64_t value = number();
    is_good_ = is_good_ && value <= bytes_.size();
    return is_good_ ? value : 0;
  }
  std::string text() { return std::string(take(count())); }

  std::string_view bytes_;
  bool is_good_ = true;
};

/// The library at work, in its own process.
std::string read_packed(std::string_view bytes) {
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
  Reader reader;
  const std::string why = reader.read(bytes);
  return Packer::pack(why, reader.take());
}

}  // namespace

Result<Hdf5File> read_hdf5(std::string_view bytes, const std::string& path) {
  // Some fifty times of what it takes.
  constexpr size_t bytes_a_millisecond = 10'000, more_memory = std::size_t{1} << 32;
  const int milliseconds = 500 + static_cast<int>(bytes.size() / bytes_a_millisecond);
  const IsolatedAnswer answer =
      run_isolated([&] { return read_packed(bytes); }, milliseconds, more_memory + 4 * bytes.size());
  Hdf5File file;
  std::string why = answer.why;
  if (why.empty() && !Unpacker(answer.bytes).unpack(why, file)) why = "reading it went astray";
  if (!why.empty()) return diagnose(messages::keras_unreadable, {path}, "its HDF5 is damaged: " + why);
  return file;
}

}  // namespace gw
