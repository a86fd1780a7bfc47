// The two faces of a report, side by side in one folder.

#include "report/report_page.h"

#include "report/report_document.h"

namespace gw {

Status write_report(const fs::path& folder, const std::string& json, const std::vector<Figure>& figures,
                    const fs::path& cache_folder, std::vector<PagePicture> pictures) {
  const fs::path file = folder / "report.json";
  const auto document = report_document(json, file.string());
  if (!document) return document.errors();
  auto drawn = page_pictures(figures, cache_folder);
  if (!drawn) return drawn.errors();
  pictures.insert(pictures.end(), drawn->begin(), drawn->end());
  if (auto written = write_file(file, json); !written) return written;
  return write_file(folder / "report.html", print_html(*document, pictures));
}

}  // namespace gw
