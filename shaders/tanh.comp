#version 450
// y = tanh(x). Beyond 10 it is 1 in 32 bits; drivers compute tanh through exp, which overflows without the clamp. What the
// clamp makes of a NaN is not defined, so NaN goes round it, told by its bits since compilers may assume there is none.
#include "elementwise.glsl"
INPUT(0, x)
OUTPUT(1, y)
LOADER(x)
STORER(y)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        vec4 value = load_x(quad, n);
        bvec4 is_nan = greaterThan(floatBitsToUint(value) & 0x7FFFFFFFu, uvec4(0x7F800000u));
        store_y(quad, n, mix(tanh(clamp(value, -10.0, 10.0)), value, is_nan));
    }
}
