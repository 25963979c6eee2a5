#version 450
// Sets the bit s columns + coordinate(l) for each place indices[i] = s entries + l with delta[i] != 0. Integer atomics: the order
// is of no account.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool NAMED = true; // coordinate(l) = coordinates[l], else l
layout(set = 0, binding = 0, std430) readonly buffer Indices { uint indices[]; };
layout(set = 0, binding = 1, std430) readonly buffer Delta { float delta[]; };
layout(set = 0, binding = 2, std430) readonly buffer Coordinates { uint coordinates[]; };
layout(set = 0, binding = 3, std430) buffer Marks { uint marks[]; };
layout(push_constant) uniform Constants {
    uint count;
    uint entries; // places a row
    uint columns;
};

void main() {
    uint i = invocation_index();
    if (i >= count || delta[i] == 0.0) {
        return;
    }
    uint l = indices[i] % entries;
    uint bit = indices[i] / entries * columns + (NAMED ? coordinates[l] : l);
    atomicOr(marks[bit / 32], 1u << (bit % 32));
}
