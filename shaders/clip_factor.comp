#version 450
// clip = (min(1, max_norm / (norm + 1e-6)), norm), or (NaN, norm) where the norm or the loss is not finite.
#include "common.glsl"
layout(local_size_x = 64) in;
#include "reduce.glsl"
layout(set = 0, binding = 0, std430) readonly buffer Partials { float partials[]; };
layout(set = 0, binding = 1, std430) readonly buffer Loss { float loss; };
layout(set = 0, binding = 2, std430) writeonly buffer Clip { float clip[2]; };
layout(push_constant) uniform Constants {
    uint n;
    float max_norm;
};

// By bits: a compiler may assume that floats are finite.
bool finite(float x) {
    return (floatBitsToUint(x) & 0x7F800000u) != 0x7F800000u;
}

void main() {
    float sum = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < n; i += 64) {
        sum += partials[i];
    }
    float norm = sqrt(workgroup_sum(sum));
    if (gl_LocalInvocationID.x == 0) {
        float factor = max_norm > 0.0 ? min(1.0, max_norm / (norm + 1e-6)) : 1.0;
        clip[0] = finite(norm) && finite(loss) ? factor : uintBitsToFloat(0x7FC00000u);
        clip[1] = norm;
    }
}
