// Writes down what is said in a WAV file, in the language that is spoken or in English.
#include <cstdio>

#include "families/families.hpp"
#include "program.hpp"
#include "tessera/models/transcribe.hpp"

namespace {

struct arguments {
    std::string model, file, language = "auto";
    bool translate = false, timestamps = false;
    tessera::index_t beams = 0, threads = 0;
};

// 83.5 → 01:23.50
std::string clock(double seconds) {
    char text[32];
    const auto hundredths = static_cast<long long>(seconds * 100.0 + 0.5);
    std::snprintf(text, sizeof text, "%02lld:%02lld.%02lld", hundredths / 6000, hundredths / 100 % 60,
                  hundredths % 100);
    return text;
}

// Without the space that most segments begin with.
std::string_view trimmed(std::string_view text) {
    return text.substr(std::min(text.size(), text.find_first_not_of(' ')));
}

void print(const std::vector<tessera::models::segment>& segments, bool timestamps, bool& begun) {
    for (const auto& s : segments) {
        const std::string line = std::string(trimmed(s.text));
        if (timestamps) {
            std::printf("[%s - %s] %s\n", clock(s.begin).c_str(), clock(s.end).c_str(), line.c_str());
        } else {
            std::fputs(std::exchange(begun, true) ? s.text.c_str() : line.c_str(), stdout);
        }
    }
    std::fflush(stdout);
}

void run(const arguments& a) {
    const tessera::io::sound sound = tessera::io::read_wav(a.file);
    tessera::exec::thread_pool pool = examples::pool_of(a.threads);
    const auto files = tessera::models::open_checkpoint(a.model);
    examples::progress_bar loading("loading");
    const tessera::models::any_encoder encoder = examples::open_encoder(files, {.progress = loading});
    const tessera::models::any model =
        encoder ? tessera::models::any() : examples::open_model(files, {.progress = loading});
    const auto ear =
        encoder ? tessera::models::open_listener(files, *encoder) : tessera::models::open_listener(files, *model);
    const auto transcript = ear->listen(sound, pool,
                                        {.language = a.language == "auto" ? "" : a.language,
                                         .task = a.translate ? "translate" : "transcribe",
                                         .beams = a.beams});
    examples::progress_bar bar("listening");
    bool begun = false;
    while (!transcript->done()) {
        const auto segments = transcript->next();
        bar(transcript->heard(), transcript->length());
        print(segments, a.timestamps, begun);
    }
    if (begun) std::fputs("\n", stdout);
}

}

int main(int argc, char** argv) {
    CLI::App app("Writes down what is said in a WAV file.", "transcribe");
    arguments a;
    app.add_option("MODEL", a.model, "A directory with a model of speech")->required();
    app.add_option("FILE", a.file, "Sound: a .wav file of any rate, channels and width of samples")->required();
    app.add_option("--language", a.language, "What is spoken, such as en or de; auto: what the beginning sounds like")
        ->capture_default_str();
    app.add_flag("--translate", a.translate, "Write in English, whatever is spoken");
    app.add_flag("--timestamps", a.timestamps, "A line for each segment, with the times at which it begins and ends");
    app.add_option("--beams", a.beams,
                   "Transcripts of a window to keep in a beam search; 0: as the model is mostly used")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    app.add_option("--threads", a.threads, "Worker threads (default: one for each core)");
    return examples::run_program(app, argc, argv, [&] { run(a); });
}
