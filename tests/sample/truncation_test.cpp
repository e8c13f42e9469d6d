// Samplers that leave tokens out or change the temperature by the shape of the whole row, against their definitions.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/catch.hpp"
#include "tessera/core/random.hpp"
#include "tessera/sample/draw.hpp"
#include "tessera/sample/dynamic_temperature.hpp"
#include "tessera/sample/mirostat.hpp"
#include "tessera/sample/top_n_sigma.hpp"
#include "tessera/sample/typical.hpp"
#include "tessera/sample/xtc.hpp"

using namespace tessera;

namespace {

constexpr float out = sample::excluded;

// Logits between -6 and 6; some excluded.
std::vector<float> random_row(std::uint64_t seed, std::size_t n = 40) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i)
        x[i] = random_uniform(seed + 1, i) < 0.1f ? out : 12 * random_uniform(seed, i) - 6;
    x[0] = 1.0f;
    return x;
}

std::vector<double> softmax(const std::vector<float>& x) {
    std::vector<double> p(x.begin(), x.end());
    const double top = *std::max_element(p.begin(), p.end());
    double total = 0;
    for (double& v : p) total += v = std::exp(v - top);
    for (double& v : p) v /= total;
    return p;
}
double entropy(const std::vector<double>& p) {
    double h = 0;
    for (const double v : p) h -= v > 0 ? v * std::log(v) : 0;
    return h;
}

std::vector<float> after(auto sampler, std::vector<float> logits, std::uint64_t step = 0) {
    sampler(sample::row{logits, {}, {}, step});
    return logits;
}

std::vector<bool> kept(const std::vector<float>& x) {
    std::vector<bool> k;
    for (const float v : x) k.push_back(v > out);
    return k;
}

}

TEST_CASE("Typical keeps the least distant from the entropy until their mass is reached", "[sample][typical]") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto row = random_row(seed);
        const auto p = softmax(row);
        const double h = entropy(p);
        for (const float mass : {0.05f, 0.4f, 0.9f}) {
            std::vector<std::size_t> order(row.size());
            std::iota(order.begin(), order.end(), std::size_t(0));
            const auto distance = [&](std::size_t i) { return p[i] > 0 ? std::fabs(-std::log(p[i]) - h) : INFINITY; };
            std::sort(order.begin(), order.end(), [&](auto a, auto b) { return distance(a) < distance(b); });
            std::vector<bool> wanted(row.size(), false);
            double sum = 0;
            for (std::size_t i = 0; i < order.size() && sum < double(mass); ++i) {
                wanted[order[i]] = true;
                sum += p[order[i]];
            }
            CHECK(kept(after(sample::typical(mass), row)) == wanted);
        }
    }
    CHECK(after(sample::typical(0.92f), {0, 0, 3, -2}) == std::vector<float>{0, 0, 3, out});
    CHECK(after(sample::typical(1.0f), {1, 5}) == std::vector<float>{1, 5});
    CHECK_THROWS_AS(sample::typical(0.0f), error);
    CHECK_THROWS_AS(sample::typical(1.1f), error);
}

TEST_CASE("Top-n-sigma measures from the largest logit in deviations of the row", "[sample][top_n_sigma]") {
    // Mean 2, variance (4 + 0 + 4) / 3, deviation 1.633.
    CHECK(after(sample::top_n_sigma(1.0f), {0, 2, 4}) == std::vector<float>{out, out, 4});
    CHECK(after(sample::top_n_sigma(1.25f), {0, 2, 4}) == std::vector<float>{out, 2, 4});
    CHECK(after(sample::top_n_sigma(1.25f), {0, 2, out, 4}) == std::vector<float>{out, 2, out, 4});
    CHECK(after(sample::top_n_sigma(0.0f), {0, 2, 4}) == std::vector<float>{0, 2, 4});
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto row = random_row(seed);
        std::vector<double> live;
        for (const float x : row)
            if (x > out) live.push_back(x);
        const double mean = std::accumulate(live.begin(), live.end(), 0.0) / double(live.size());
        double squares = 0;
        for (const double x : live) squares += (x - mean) * (x - mean);
        const double least =
            *std::max_element(live.begin(), live.end()) - 0.8 * std::sqrt(squares / double(live.size()));
        std::vector<bool> wanted;
        for (const float x : row) wanted.push_back(double(x) >= least);
        CHECK(kept(after(sample::top_n_sigma(0.8f), row)) == wanted);
    }
    CHECK_THROWS_AS(sample::top_n_sigma(-1.0f), error);
    CHECK_THROWS_AS(sample::top_n_sigma(NAN), error);
}

TEST_CASE("XTC drops all top choices but the least probable of them, as often as it is told", "[sample][xtc]") {
    const float a = std::log(0.4f), b = std::log(0.3f), c = std::log(0.2f), d = std::log(0.1f);
    const auto xtc = [](float probability, float threshold) {
        return sample::xtc({.probability = probability, .threshold = threshold});
    };
    CHECK(after(xtc(1, 0.15f), {d, a, c, b}) == std::vector<float>{d, out, c, out});
    CHECK(after(xtc(1, 0.25f), {d, a, c, b}) == std::vector<float>{d, out, c, b});
    CHECK(after(xtc(1, 0.35f), {d, a, c, b}) == std::vector<float>{d, a, c, b});
    CHECK(after(xtc(1, 0.6f), {d, a, c, b}) == std::vector<float>{d, a, c, b});
    CHECK(after(xtc(0, 0.1f), {d, a, c, b}) == std::vector<float>{d, a, c, b});
    int dropped = 0;
    double with_draw = 0;
    for (std::uint64_t step = 0; step < 4000; ++step) {
        const bool now = after(xtc(0.3f, 0.15f), {d, a, c, b}, step)[1] == out;
        dropped += now;
        with_draw += now && random_uniform(0, step) < 0.5f;
    }
    CHECK(std::abs(dropped - 1200) < 110);               // three and a half deviations
    CHECK(std::fabs(with_draw / dropped - 0.5) < 0.06);  // its coin is not that of draw{0}
    CHECK_THROWS_AS(xtc(1.5f, 0.1f), error);
    CHECK_THROWS_AS(xtc(0.5f, 0.0f), error);
}

TEST_CASE("The dynamic temperature follows the entropy", "[sample][dynamic_temperature]") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto row = random_row(seed);
        const double n = double(std::count_if(row.begin(), row.end(), [](float x) { return x > out; }));
        const double t = 0.4 + (2.0 - 0.4) * std::pow(entropy(softmax(row)) / std::log(n), 1.7);
        const auto found = after(sample::dynamic_temperature({.low = 0.4f, .high = 2.0f, .exponent = 1.7f}), row);
        for (std::size_t i = 0; i < row.size(); ++i)
            if (row[i] > out) CHECK(found[i] == Approx(double(row[i]) / t).epsilon(1e-5));
        CHECK(kept(found) == kept(row));
    }
    const sample::dynamic_temperature even({.low = 0.5f, .high = 2.0f});
    CHECK(after(even, {3, 3, out, 3})[0] == Approx(1.5));
    CHECK(after(even, {out, 3}) == std::vector<float>{out, 3});
    CHECK_THROWS_AS(sample::dynamic_temperature({.low = 0.0f}), error);
    CHECK_THROWS_AS(sample::dynamic_temperature({.low = 2.0f, .high = 1.0f}), error);
}

TEST_CASE("Mirostat 2 leaves out what surprises more than its limit, and corrects the limit", "[sample][mirostat]") {
    const sample::mirostat_options options{.surprise = 1.5f, .rate = 0.3f, .seed = 5};
    sample::mirostat_v2 found(options);
    double limit = 3;
    for (std::uint64_t step = 0; step < 200; ++step) {
        auto row = random_row(step);
        auto left = row;
        const auto p = softmax(row);
        const auto best = std::size_t(std::max_element(p.begin(), p.end()) - p.begin());
        for (std::size_t i = 0; i < row.size(); ++i)
            if (i != best && -std::log2(p[i]) > limit) left[i] = out;
        const token_t token = sample::draw{5}({left, {}, {}, step});
        CHECK(found({row, {}, {}, step}) == token);
        CHECK(kept(row) == kept(left));
        limit -= 0.3 * (-std::log2(softmax(left)[std::size_t(token)]) - 1.5);
    }
}

TEST_CASE("Mirostat 1 keeps as many tokens as Zipf's law gives its limit", "[sample][mirostat]") {
    const sample::mirostat_options options{.surprise = 2.0f, .rate = 0.2f, .seed = 3};
    sample::mirostat found(options);
    double limit = 4;
    std::size_t fewest = 200, most = 0;
    for (std::uint64_t step = 0; step < 200; ++step) {
        auto row = random_row(step, 200);
        auto p = softmax(row);
        std::sort(p.begin(), p.end(), std::greater<>{});
        double products = 0, squares = 0;
        for (std::size_t i = 0; i < 99; ++i) {
            const double t = std::log(double(i + 2) / double(i + 1));
            products += t * std::log(p[i] / p[i + 1]);
            squares += t * t;
        }
        const double s = products / squares, e = s - 1;
        const double k = std::pow(e * std::exp2(limit) / (1 - std::pow(200, -e)), 1 / s);
        const auto wanted = std::size_t(std::max(1.0, std::floor(std::min(k, 200.0))));
        const token_t token = found({row, {}, {}, step});
        const auto left = std::size_t(std::count_if(row.begin(), row.end(), [](float x) { return x > out; }));
        CHECK(left == std::min(wanted, left));
        CHECK(left >= std::min<std::size_t>(wanted, 170));  // some were excluded before
        fewest = std::min(fewest, left), most = std::max(most, left);
        CHECK(sample::draw{3}({row, {}, {}, step}) == token);
        limit -= 0.2 * (-std::log2(softmax(row)[std::size_t(token)]) - 2.0);
    }
    CHECK(fewest < most);
    CHECK_THROWS_AS(sample::mirostat({.surprise = 0.0f}), error);
    CHECK_THROWS_AS(sample::mirostat_v2({.rate = -1.0f}), error);
}

TEST_CASE("Mirostat holds the surprise of long texts near its target", "[sample][mirostat]") {
    const auto mean_surprise = [](auto sampler) {
        double sum = 0;
        for (std::uint64_t step = 0; step < 2000; ++step) {
            auto row = random_row(step, 300);
            const auto token = sampler(sample::row{row, {}, {}, step});
            sum -= std::log2(softmax(row)[std::size_t(token)]);
        }
        return sum / 2000;
    };
    for (const float target : {2.0f, 4.0f}) {
        CHECK(mean_surprise(sample::mirostat_v2({.surprise = target})) == Approx(target).margin(0.1));
        CHECK(mean_surprise(sample::mirostat({.surprise = target})) == Approx(target).margin(0.1));
    }
}
