#version 450
// With p, m and delta as in attention_backward_query:
// dv = sum over queries of p m dy; dk = scale sum over queries of p (m dy . v - delta) q; where several query heads share a head
// of keys, over the queries of all of them.
#include "attention.glsl"
#include "attention_block.glsl"
INPUT(1, q)
INPUT(2, k)
INPUT(3, v)
INPUT(4, dy)
layout(set = 0, binding = 5, std430) readonly buffer LogSumExp { float log_sum_exp[]; };
layout(set = 0, binding = 6, std430) readonly buffer Delta { float delta[]; };
// x: the place of a block's first key in its sequence, y: how many keys behind that one the block's first query sees; where
// attention is not causal, at least as many as the block has.
layout(set = 0, binding = 7, std430) readonly buffer Places { uvec2 key_places[]; };
OUTPUT(8, dk)
OUTPUT(9, dv)
LOADER(q, columns)
LOADER(k, key_columns)
LOADER(v, key_columns)
LOADER(dy, columns)
RELOADER(dk, key_columns)
RELOADER(dv, key_columns)
STORER(dk, key_columns)
STORER(dv, key_columns)

HANDS(vec4, own_k, 1)
HANDS(vec4, own_v, 1)
HANDS(float, key_probability, BLOCK)
HANDS(float, key_slope, BLOCK)

void main() {
    uint place = first_block + group_index();
    uint key_head = gl_WorkGroupID.z;
    if (place >= block_count) {
        return;
    }
    uvec4 block = blocks[place];
    uint lane = gl_LocalInvocationID.x;
    uint quads = (width + 3) / 4;
    uint own_key = block.z + min(lane, block.w - 1);
    uvec2 key_place = key_places[place];

    float probability[BLOCK], slope[BLOCK];
    vec4 key_result[BLOCK * LANE_QUADS], value_result[BLOCK * LANE_QUADS];
    [[unroll]] for (uint i = 0; i < BLOCK * LANE_QUADS; i++) { key_result[i] = vec4(0); value_result[i] = vec4(0); }

    for (uint member = 0; member < members; member++) {
        uint head = key_head * group + first_member + member;
        for (uint tile = 0; tile < block.y; tile += LANES) {
            bool exists = tile + lane < block.y;
            uint query_row = block.x + min(tile + lane, block.y - 1);
            [[unroll]] for (uint r = 0; r < BLOCK; r++) { probability[r] = 0.0; slope[r] = 0.0; }
            for (uint c = 0; c < quads; c++) {
                begin_hands();
                HAND(own_k, 0) = load_k(own_key, key_head, c);
                HAND(own_v, 0) = load_v(own_key, key_head, c);
                end_hands();
                vec4 other_q = load_q(query_row, head, c);
                vec4 other_dy = load_dy(query_row, head, c);
                [[unroll]] for (uint r = 0; r < BLOCK; r++) {
                    probability[r] += dot(HANDED(own_k, 0, r), other_q);
                    slope[r] += dot(HANDED(own_v, 0, r), other_dy);
                }
            }
            float log_sum = log_sum_exp[query_row * heads + head];
            float query_delta = delta[query_row * heads + head];
            uint dropped_bits = HAS_DROPOUT ? dropped_of_keys(query_row, head, key_place.x) : 0;
            begin_hands();
            [[unroll]] for (uint r = 0; r < BLOCK; r++) {
                bool seen = exists && r <= tile + lane + key_place.y;
                float p = seen ? exp(probability[r] * scale - log_sum) : 0.0;
                float factor = HAS_DROPOUT ? factor_of(dropped_bits, r) : 1.0;
                HAND(key_slope, r) = p * (factor * slope[r] - query_delta) * scale;
                HAND(key_probability, r) = p * factor;
            }
            end_hands();
            [[unroll]] for (uint j = 0; j < LANES; j++) {
                uint row = block.x + min(tile + j, block.y - 1);
                [[unroll]] for (uint i = 0; i < LANE_QUADS; i++) {
                    uint quad = lane + i * LANES;
                    vec4 query = quad < quads ? load_q(row, head, quad) : vec4(0);
                    vec4 gradient = quad < quads ? load_dy(row, head, quad) : vec4(0);
                    [[unroll]] for (uint r = 0; r < BLOCK; r++) {
                        key_result[r * LANE_QUADS + i] += HANDED(key_slope, r, j) * query;
                        value_result[r * LANE_QUADS + i] += HANDED(key_probability, r, j) * gradient;
                    }
                }
            }
        }
    }

    bool adds = first_member > 0;
    [[unroll]] for (uint r = 0; r < BLOCK; r++) {
        [[unroll]] for (uint i = 0; i < LANE_QUADS; i++) {
            uint quad = lane + i * LANES;
            if (r < block.w && quad < quads) {
                vec4 earlier_dk = adds ? load_dk(block.z + r, key_head, quad) : vec4(0);
                vec4 earlier_dv = adds ? load_dv(block.z + r, key_head, quad) : vec4(0);
                store_dk(block.z + r, key_head, quad, earlier_dk + key_result[r * LANE_QUADS + i]);
                store_dv(block.z + r, key_head, quad, earlier_dv + value_result[r * LANE_QUADS + i]);
            }
        }
    }
}
