#version 450
// y[indices[i]] += delta[i]. Indices are distinct.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(set = 0, binding = 0, std430) readonly buffer Indices { uint indices[]; };
layout(set = 0, binding = 1, std430) readonly buffer Delta { float delta[]; };
layout(set = 0, binding = 2, std430) buffer Y { float y[]; };
layout(push_constant) uniform Constants { uint count; };

void main() {
    uint i = invocation_index();
    if (i < count) {
        y[indices[i]] += delta[i];
    }
}
