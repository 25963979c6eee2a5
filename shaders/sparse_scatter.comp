#version 450
// weight[s] += sum over the kept places (s, l) of delta basis[l]. One subgroup owns a stretch of one row. Its lanes load one
// place each and hand them round by shuffle, so that only the basis is loaded once a place. Neighbouring workgroups own the same
// stretch of neighbouring rows, for which that stretch of the basis stays in the cache.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x_id = 0) in;
#include "subgroups.glsl"
layout(constant_id = 1) const uint LANES = 8; // the width of a subgroup
layout(constant_id = 2) const bool ALIGNED = true; // columns are a multiple of four
layout(constant_id = 3) const uint LANE_QUADS = 8; // quads a lane owns
layout(constant_id = 4) const uint TOGETHER = 1; // places whose vectors are read at once, so that a GPU need not wait for each
INPUT(0, basis)
layout(set = 0, binding = 1, std430) readonly buffer Indices { uint indices[]; };
layout(set = 0, binding = 2, std430) readonly buffer Delta { float delta[]; };
layout(set = 0, binding = 3, std430) readonly buffer Starts { uint starts[]; };
INPUT(4, weight)
OUTPUT(5, new_weight) // the same memory, which a lane reads before it writes
layout(push_constant) uniform Constants {
    uint columns;
    uint entries; // places a row
};

HANDS(uint, own_vector, 1)
HANDS(float, own_delta, 1)

// Beyond the end of a row it may give anything.
vec4 load_basis(uint l, uint quad) {
    if (ALIGNED) { return QUAD(basis, l * (columns / 4) + quad); }
    vec4 value;
    [[unroll]] for (uint c = 0; c < 4; c++) { value[c] = ELEMENT(basis, l * columns + min(quad * 4 + c, columns - 1)); }
    return value;
}

void main() {
    uint row = gl_WorkGroupID.x;
    uint lane = gl_LocalInvocationID.x;
    uint first = row * entries;
    uint quads = (columns + 3) / 4;
    uint own[LANE_QUADS];
    vec4 sum[LANE_QUADS];
    [[unroll]] for (uint j = 0; j < LANE_QUADS; j++) {
        own[j] = (gl_WorkGroupID.y * LANE_QUADS + j) * LANES + lane;
        sum[j] = vec4(0);
    }
    uint end = starts[row + 1];
    for (uint i = starts[row]; i < end; i += LANES) {
        uint at = min(i + lane, end - 1);
        begin_hands();
        HAND(own_vector, 0) = indices[at] - first;
        HAND(own_delta, 0) = delta[at];
        end_hands();
        [[unroll]] for (uint first_e = 0; first_e < LANES; first_e += TOGETHER) {
            if (i + first_e < end) {
                [[unroll]] for (uint e = first_e; e < first_e + TOGETHER; e++) {
                    uint l = HANDED(own_vector, 0, e);
                    float x = i + e < end ? HANDED(own_delta, 0, e) : 0.0;
                    [[unroll]] for (uint j = 0; j < LANE_QUADS; j++) {
                        sum[j] += x * load_basis(l, min(own[j], quads - 1));
                    }
                }
            }
        }
    }
    [[unroll]] for (uint j = 0; j < LANE_QUADS; j++) {
        if (ALIGNED && own[j] < quads) {
            uint at = row * quads + own[j];
            new_weight4[at] = QUAD(weight, at) + sum[j];
        }
        [[unroll]] for (uint c = 0; c < 4; c++) {
            if (!ALIGNED && own[j] * 4 + c < columns) {
                uint at = row * columns + own[j] * 4 + c;
                new_weight[at] = ELEMENT(weight, at) + sum[j][c];
            }
        }
    }
}
