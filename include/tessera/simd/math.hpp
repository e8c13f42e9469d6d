// Elementary functions of a register of floats: exp, exp2, log, tanh, sigmoid, erf, erfc.
//
// Polynomials are minimax fits with coefficients rounded to float one after another. Bounds hold over all floats, with
// and without fused multiply-add, in units in the last place (ulp) of the exact result. The float forms are lane 0 of
// the register forms, so they give the same bits. NaN gives NaN.
#pragma once

#include <limits>

#include "tessera/simd/vec.hpp"

namespace tessera::inline TESSERA_ABI::simd {

namespace series {

inline constexpr float round_to_integer = 0x1.8p23f;  // adding it leaves the nearest integer in the low bits
inline constexpr float log2_e = 0x1.715476p+0f;
inline constexpr float ln_2_high = 0x1.62e4p-1f;  // 15 bits: n · ln_2_high is exact for |n| < 512
inline constexpr float ln_2_low = 0x1.7f7d1cp-20f;
inline constexpr float infinity = std::numeric_limits<float>::infinity();

// x = n · ln 2 + b with |b| <= ln 2 / 2; the low bits of z hold n.
struct reduced {
    floats z, b;
};
inline reduced reduce(floats x) {
    const floats z = fmadd(x, floats(log2_e), floats(round_to_integer));
    const floats n = z - floats(round_to_integer);
    return {z, fnmadd(n, floats(ln_2_low), fnmadd(n, floats(ln_2_high), x))};
}

// e^b - 1 = b + b² · r(b) on |b| <= 0.3468, relative error 3.1e-9.
inline floats expm1(floats b) {
    floats r = fmadd(floats(0x1.6a491ep-10f), b, floats(0x1.123994p-7f));
    r = fmadd(r, b, floats(0x1.5558b4p-5f));
    r = fmadd(r, b, floats(0x1.555492p-3f));
    r = fmadd(r, b, floats(0x1.fffffcp-2f));
    return fmadd(r, b * b, b);
}

// p · 2^n where the low bits of z hold n, -126 <= n <= 128; p in [0.7, 1.42].
inline floats times_power(floats p, floats z) { return floats_of(bits_of(p) + shift_left<23>(bits_of(z))); }

// 2^n where the low bits of z hold n, |n| <= 126.
inline floats power(floats z) { return floats_of(shift_left<23>(bits_of(z)) + ints(0x3f800000)); }

// r for lowest <= x <= highest, else 0, infinity or NaN.
inline floats limited(floats r, floats x, float lowest, float highest) {
    r = select(x < floats(lowest), floats(0.0f), r);
    return select(x <= floats(highest), r, x + floats(infinity));
}

// e^y - 1 for |y| <= 80 with a small relative error near zero too.
inline floats expm1_reduced(floats y) {
    const reduced r = reduce(y);
    const floats s = power(r.z);
    return fmadd(s, expm1(r.b), s - floats(1.0f));
}

// w(t) = -ln erfc(t), t >= 0: t · (1 + q(t)). Relative error of erf 4e-8 up to t = 3.95; beyond, w only grows.
inline floats minus_ln_erfc(floats t) {
    floats q = fmadd(floats(0x1.4e2988p-15f), t, floats(-0x1.89c2aep-12f));
    q = fmadd(q, t, floats(0x1.44b658p-10f));
    q = fmadd(q, t, floats(0x1.cea67ep-13f));
    q = fmadd(q, t, floats(-0x1.3cb456p-6f));
    q = fmadd(q, t, floats(0x1.a523p-4f));
    q = fmadd(q, t, floats(0x1.45f292p-1f));
    q = fmadd(q, t, floats(0x1.06ebaep-3f));
    return fmadd(q, t, t);
}

}

// e^x within 1.1 ulp. Below ln 2^-126 = -87.33655 the result is 0, not a sub-normal number.
inline floats exp(floats x) {
    const series::reduced r = series::reduce(x);
    const floats p = series::expm1(r.b) + floats(1.0f);
    return series::limited(series::times_power(p, r.z), x, -0x1.5d589ep+6f, 0x1.62e42ep+6f);
}

// 2^x within 1.1 ulp. Below -126 the result is 0, not a sub-normal number.
inline floats exp2(floats x) {
    const floats z = x + floats(series::round_to_integer);
    const floats f = x - (z - floats(series::round_to_integer));
    floats q = fmadd(floats(0x1.4178a4p-13f), f, floats(0x1.5f0952p-10f));  // (2^f - 1) / f, relative error 3e-9
    q = fmadd(q, f, floats(0x1.3b2dd4p-7f));
    q = fmadd(q, f, floats(0x1.c6af7ap-5f));
    q = fmadd(q, f, floats(0x1.ebfbdcp-3f));
    q = fmadd(q, f, floats(0x1.62e43p-1f));
    const floats p = fmadd(q, f, floats(1.0f));
    return series::limited(series::times_power(p, z), x, -126.0f, 0x1.fffffep+6f);
}

// ln x within 0.9 ulp; -infinity at 0, NaN below.
inline floats log(floats x) {
    const mask tiny = x < floats(std::numeric_limits<float>::min());
    const ints i = bits_of(select(tiny, x * floats(0x1p25f), x));
    const ints k = shift_right<23>(i - ints(0x3f3504f3));  // x = 2^k · (1 + f), 1 + f in [sqrt(1/2), sqrt(2))
    const floats f = floats_of(i - shift_left<23>(k)) - floats(1.0f);
    const floats n = to_floats(k) - select(tiny, floats(25.0f), floats(0.0f));
    floats q = fmadd(floats(-0x1.392534p-4f), f, floats(0x1.05b362p-3f));  // ln(1 + f) = f - f²/2 + f³ · q(f)
    q = fmadd(q, f, floats(-0x1.0d9a78p-3f));
    q = fmadd(q, f, floats(0x1.22d004p-3f));
    q = fmadd(q, f, floats(-0x1.546f36p-3f));
    q = fmadd(q, f, floats(0x1.99a056p-3f));
    q = fmadd(q, f, floats(-0x1.000232p-2f));
    q = fmadd(q, f, floats(0x1.555554p-2f));
    const floats f2 = f * f;
    floats r = fmadd(n, floats(series::ln_2_low), (f2 * f) * q);
    r = fmadd(f2, floats(-0.5f), r) + f;
    r = fmadd(n, floats(series::ln_2_high), r);
    r = select(x < floats(series::infinity), r, x);
    r = select(x < floats(0.0f), floats(std::numeric_limits<float>::quiet_NaN()), r);
    return select(x == floats(0.0f), floats(-series::infinity), r);
}

// (e^2|x| - 1) / (e^2|x| + 1) with the sign of x, within 2.7 ulp; 1 from 9.02 on.
inline floats tanh(floats x) {
    const floats y = min(floats(9.02f), abs(x));
    const floats e = series::expm1_reduced(y + y);
    return with_sign(divide(e, e + floats(2.0f)), x);
}

// 1 / (1 + e^-x) within 2.7 ulp; below -88.73 it is 0.
inline floats sigmoid(floats x) { return divide(floats(1.0f), floats(1.0f) + exp(-x)); }

// 2/√π ∫₀ˣ e^-t² dt = 1 - e^-w(|x|) with the sign of x, within 2.5 ulp.
inline floats erf(floats x) {
    const floats t = min(floats(4.0f), abs(x));
    return with_sign(floats(0.0f) - series::expm1_reduced(-series::minus_ln_erfc(t)), x);
}

// 1 - erf(x) within 1.5e-7: an absolute bound, since w is fitted for erf.
inline floats erfc(floats x) {
    const floats r = exp(-series::minus_ln_erfc(abs(x)));
    return select(x < floats(0.0f), floats(2.0f) - r, r);
}

inline float exp(float x) { return first(exp(floats(x))); }
inline float exp2(float x) { return first(exp2(floats(x))); }
inline float log(float x) { return first(log(floats(x))); }
inline float tanh(float x) { return first(tanh(floats(x))); }
inline float sigmoid(float x) { return first(sigmoid(floats(x))); }
inline float erf(float x) { return first(erf(floats(x))); }
inline float erfc(float x) { return first(erfc(floats(x))); }

}
