#version 450
// PyTorch's SparseAdam: the moments move at the kept places only.
#include "common.glsl"
layout(local_size_x = 64) in;
#define CLIP_SLOT 4
#include "clip.glsl"
layout(set = 0, binding = 0, std430) readonly buffer Indices { uint indices[]; };
layout(set = 0, binding = 1, std430) readonly buffer Values { float values[]; };
layout(set = 0, binding = 2, std430) buffer Moment1 { float moment1[]; };
layout(set = 0, binding = 3, std430) buffer Moment2 { float moment2[]; };
layout(set = 0, binding = 5, std430) writeonly buffer Delta { float delta[]; };
layout(push_constant) uniform Constants {
    uint n;
    float add1;      // 1 - beta1
    float add2;      // 1 - beta2
    float epsilon;
    float step_size; // learning rate * sqrt(bias correction 2) / bias correction 1
};

void main() {
    uint i = invocation_index();
    if (i >= n) {
        return;
    }
    if (step_is_void()) {
        delta[i] = 0.0;
        return;
    }
    uint at = indices[i];
    float g = values[i] * clip[0];
    float m = moment1[at];
    float v = moment2[at];
    m += (g - m) * add1;
    v += (g * g - v) * add2;
    moment1[at] = m;
    moment2[at] = v;
    delta[i] = -step_size * m / (sqrt(v) + epsilon);
}
