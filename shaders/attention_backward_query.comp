#version 450
// With p = exp(score - log_sum_exp), m the dropout factors and delta = dy . y:
// dq = scale sum over keys of p (m dy . v - delta) k. Dao et al., arXiv:2205.14135, algorithm 4.
#include "attention.glsl"
#include "attention_block.glsl"
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

HANDS(vec4, own_q, 1)
HANDS(vec4, own_dy, 1)
HANDS(float, own_log_sum, 1)
HANDS(float, own_delta, 1)
HANDS(float, score_slope, BLOCK)

void main() {
    uint place = first_block + group_index();
    uint head = gl_WorkGroupID.z;
    uint key_head = key_head_of(head);
    if (place >= block_count) {
        return;
    }
    uvec4 block = blocks[place];
    uint lane = gl_LocalInvocationID.x;
    uint quads = (width + 3) / 4;
    uint own_query = block.x + min(lane, block.y - 1);

    float query_delta = 0.0;
    for (uint c = 0; c < quads; c++) {
        query_delta += dot(load_dy(own_query, head, c), load_y(own_query, head, c));
    }
    if (lane < min(BLOCK, block.y)) {
        delta[own_query * heads + head] = query_delta;
    }
    // Until the end: nothing else is handed in these.
    HAND(own_delta, 0) = query_delta;
    HAND(own_log_sum, 0) = log_sum_exp[own_query * heads + head];
    end_hands();

    float score[BLOCK], slope[BLOCK];
    vec4 result[BLOCK * LANE_QUADS];
    [[unroll]] for (uint i = 0; i < BLOCK * LANE_QUADS; i++) { result[i] = vec4(0); }

    for (uint tile = 0; tile < block.w; tile += LANES) {
        uint key = tile + lane;
        uint key_row = block.z + min(key, block.w - 1);
        [[unroll]] for (uint r = 0; r < BLOCK; r++) { score[r] = 0.0; slope[r] = 0.0; }
        for (uint c = 0; c < quads; c++) {
            begin_hands();
            HAND(own_q, 0) = load_q(own_query, head, c);
            HAND(own_dy, 0) = load_dy(own_query, head, c);
            end_hands();
            vec4 other_k = load_k(key_row, key_head, c);
            vec4 other_v = load_v(key_row, key_head, c);
            [[unroll]] for (uint r = 0; r < BLOCK; r++) {
                score[r] += dot(HANDED(own_q, 0, r), other_k);
                slope[r] += dot(HANDED(own_dy, 0, r), other_v);
            }
        }
        uint dropped_bits = HAS_DROPOUT ? dropped_by_queries(block, head, tile) : 0;
        begin_hands();
        [[unroll]] for (uint r = 0; r < BLOCK; r++) {
            // Not within the choice below: a lane without a key must take part, for others may read from it.
            float log_sum = HANDED(own_log_sum, 0, r);
            float block_delta = HANDED(own_delta, 0, r);
            float p = sees(block, r, key) ? exp(score[r] * scale - log_sum) : 0.0;
            float factor = HAS_DROPOUT ? factor_of(dropped_bits, r) : 1.0;
            HAND(score_slope, r) = p * (factor * slope[r] - block_delta) * scale;
        }
        end_hands();
        [[unroll]] for (uint j = 0; j < LANES; j++) {
            uint row = block.z + min(tile + j, block.w - 1);
            [[unroll]] for (uint i = 0; i < LANE_QUADS; i++) {
                uint quad = lane + i * LANES;
                vec4 value = quad < quads ? load_k(row, key_head, quad) : vec4(0);
                [[unroll]] for (uint r = 0; r < BLOCK; r++) {
                    result[r * LANE_QUADS + i] += HANDED(score_slope, r, j) * value;
                }
            }
        }
    }

    [[unroll]] for (uint r = 0; r < BLOCK; r++) {
        [[unroll]] for (uint i = 0; i < LANE_QUADS; i++) {
            uint quad = lane + i * LANES;
            if (r < block.y && quad < quads) {
                store_dq(block.x + r, head, quad, result[r * LANE_QUADS + i]);
            }
        }
    }
}
