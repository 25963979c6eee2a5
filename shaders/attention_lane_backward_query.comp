#version 450
// As attention_backward_query.comp, for devices that compute in a CPU's vector registers; see attention_lane.comp.
#include "attention.glsl"
layout(constant_id = 4) const uint QUADS = 8; // of a head
INPUT(1, q)
INPUT(2, k)
INPUT(3, v)
INPUT(4, y)
INPUT(5, dy)
layout(set = 0, binding = 6, std430) readonly buffer LogSumExp { float log_sum_exp[]; };
layout(set = 0, binding = 7, std430) writeonly buffer Delta { float delta[]; };
OUTPUT(8, dq)
LOADER(q, columns)
LOADER(k, key_columns)
LOADER(v, key_columns)
LOADER(y, columns)
LOADER(dy, columns)
STORER(dq, columns)

HANDS(vec4, keys, QUADS)
HANDS(vec4, values, 1)

void main() {
    uint place = first_block + group_index();
    uint head = gl_WorkGroupID.z;
    uint key_head = key_head_of(head);
    if (place >= block_count) {
        return;
    }
    uvec4 block = blocks[place];
    uint lane = gl_LocalInvocationID.x;
    uint query = block.x + min(lane, block.y - 1);

    vec4 own_q[QUADS], own_dy[QUADS], result[QUADS];
    float own_delta = 0.0;
    [[unroll]] for (uint c = 0; c < QUADS; c++) {
        own_q[c] = load_q(query, head, c);
        own_dy[c] = load_dy(query, head, c);
        own_delta += dot(own_dy[c], load_y(query, head, c));
        result[c] = vec4(0);
    }
    float log_sum = log_sum_exp[query * heads + head];

    for (uint tile = 0; tile < block.w; tile += LANES) {
        uint key_row = block.z + min(tile + lane, block.w - 1);
        float score[LANES], slope[LANES];
        [[unroll]] for (uint j = 0; j < LANES; j++) { score[j] = 0.0; slope[j] = 0.0; }
        begin_hands();
        [[unroll]] for (uint c = 0; c < QUADS; c++) { HAND(keys, c) = load_k(key_row, key_head, c); }
        end_hands();
        [[unroll]] for (uint c = 0; c < QUADS; c++) {
            begin_hands();
            HAND(values, 0) = load_v(key_row, key_head, c);
            end_hands();
            [[unroll]] for (uint j = 0; j < LANES; j++) {
                score[j] += dot(own_q[c], HANDED(keys, c, j));
                slope[j] += dot(own_dy[c], HANDED(values, 0, j));
            }
        }
        [[unroll]] for (uint j = 0; j < LANES; j += 4) {
            uint dropped_bits = HAS_DROPOUT ? dropped_keys(query, head, (tile + j) / 4) : 0;
            [[unroll]] for (uint i = 0; i < 4; i++) {
                float p = sees(block, lane, tile + j + i) ? exp(score[j + i] * scale - log_sum) : 0.0;
                float factor = HAS_DROPOUT ? factor_of(dropped_bits, i) : 1.0;
                slope[j + i] = p * (factor * slope[j + i] - own_delta) * scale;
            }
        }
        [[unroll]] for (uint c = 0; c < QUADS; c++) {
            [[unroll]] for (uint j = 0; j < LANES; j++) { result[c] += slope[j] * HANDED(keys, c, j); }
        }
    }

    if (lane < block.y) {
        delta[query * heads + head] = own_delta;
        [[unroll]] for (uint c = 0; c < QUADS; c++) { store_dq(query, head, c, result[c]); }
    }
}
