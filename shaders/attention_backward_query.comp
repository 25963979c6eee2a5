#version 450
// With p = exp(score - log_sum_exp), m the dropout factors and delta = dy . y:
// dq = scale sum over keys of p (m dy . v - delta) k. Dao et al., arXiv:2205.14135, algorithm 4.
#include "attention.glsl"
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

BLOCK_ROWS(q)
BLOCK_ROWS(dy)
TILE_ROWS(k)
TILE_ROWS(v)
HANDS(float, own_log_sum, 1)
HANDS(float, own_delta, 1)
BLOCK_TABLE(score_slope)

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

    STAGE(q, BLOCK, block.x, block.y, head)
    STAGE(dy, BLOCK, block.x, block.y, head)

    for (uint tile = 0; tile < block.w; tile += LANES) {
        uint key = tile + lane;
        uint key_row = block.z + min(key, block.w - 1);
        [[unroll]] for (uint r = 0; r < BLOCK; r++) { score[r] = 0.0; slope[r] = 0.0; }
        stage_barrier();
        STAGE_TILE(k, block.z + tile, block.w - tile, key_head)
        STAGE_TILE(v, block.z + tile, block.w - tile, key_head)
        stage_barrier();
        for (uint c = 0; c < quads; c++) {
            begin_take();
            TAKE(q, own_query, head, c)
            TAKE(dy, own_query, head, c)
            end_take();
            vec4 other_k = TILE_QUAD(k, key_row, key_head, lane, c);
            vec4 other_v = TILE_QUAD(v, key_row, key_head, lane, c);
            [[unroll]] for (uint r = 0; r < BLOCK; r++) {
                score[r] += dot(TAKEN(q, r, c), other_k);
                slope[r] += dot(TAKEN(dy, r, c), other_v);
            }
        }
        uint dropped_bits = HAS_DROPOUT ? dropped_by_queries(block, head, tile) : 0;
        float own_slope[BLOCK];
        [[unroll]] for (uint r = 0; r < BLOCK; r++) {
            // Not within the choice below: a lane without a key must take part, for others may read from it.
            float log_sum = HANDED(own_log_sum, 0, r);
            float block_delta = HANDED(own_delta, 0, r);
            float p = sees(block, r, key) ? exp(score[r] * scale - log_sum) : 0.0;
            float factor = HAS_DROPOUT ? factor_of(dropped_bits, r) : 1.0;
            own_slope[r] = p * (factor * slope[r] - block_delta) * scale;
        }
        table_barrier();
        SET_TABLE(score_slope, own_slope)
        table_barrier();
        [[unroll]] for (uint j = 0; j < LANES; j++) {
            uint row = block.z + min(tile + j, block.w - 1);
            [[unroll]] for (uint i = 0; i < LANE_QUADS; i++) {
                uint quad = lane + i * LANES;
                vec4 value = quad < quads ? TILE_QUAD(k, row, key_head, j, quad) : vec4(0);
                [[unroll]] for (uint r = 0; r < BLOCK; r++) {
                    result[r * LANE_QUADS + i] += TABLE(score_slope, r, j) * value;
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
