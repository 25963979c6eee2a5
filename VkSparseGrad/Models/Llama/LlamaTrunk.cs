using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;

namespace VkSparseGrad.Models.Llama;

/// <summary>What a language model and a classifier share: the embedding, the blocks and the last RMSNorm.</summary>
internal sealed class LlamaTrunk : IDisposable
{
    private readonly IKernels kernels;
    private readonly LlamaConfig config;

    /// <summary>Those that are not in use.</summary>
    private readonly Stack<LlamaBatch> batches = new();
    private readonly Parameter finalGain;
    private readonly RotaryTable rotary;
    private readonly LlamaBlock[] blocks;

    public LlamaTrunk(IKernels kernels, LlamaConfig config, LlamaOptions options, ParameterSet parameters)
    {
        this.kernels = kernels;
        this.config = config;
        Words = parameters.Matrix(LlamaNames.Words, config.VocabularySize, config.HiddenSize);
        blocks = [.. Enumerable.Range(0, config.Layers).Select(index => new LlamaBlock(config, parameters, index))];
        finalGain = parameters.Vector(LlamaNames.FinalNorm, config.HiddenSize);
        rotary = new RotaryTable(kernels, config);
        AdaptedBlocks = options.Blocks is null ? blocks : [.. options.Blocks.Order().Select(index => blocks[index])];
        MlpKinds = options.AdaptsGate
            ? [LayerKind.Intermediate, LayerKind.Output, LayerKind.Gate]
            : [LayerKind.Intermediate, LayerKind.Output];
    }

    /// <summary>The word embedding table.</summary>
    public Parameter Words { get; }

    public IReadOnlyList<Block> AllBlocks => blocks;

    public IReadOnlyList<Block> AdaptedBlocks { get; }

    public IReadOnlyList<LayerKind> MlpKinds { get; }

    /// <summary>A batch that is yet to be packed, the caller's.</summary>
    public LlamaBatch NextBatch() => batches.TryPop(out LlamaBatch? before) ? before : new LlamaBatch(kernels, config, batches);

    /// <summary>The last hidden states of the rows that are read, normalized.</summary>
    /// <returns>[read rows, D].</returns>
    public Variable Forward(Tape tape, LlamaBatch batch) =>
        Forward(tape, batch.Words, batch.ReadRows, (this, batch), static (tape, op, _, query, key, value) =>
        {
            (LlamaTrunk trunk, LlamaBatch batch) = op;
            (query, key) = trunk.Rotate(tape, query, key, batch.Positions, batch.Longest);
            Variable attended = tape.Attention(
                query, key, value, batch.Attention, trunk.config.Heads, trunk.config.KeyValueHeads, Dropout.None);
            tape.Release(query);
            tape.Release(key);
            tape.Release(value);
            return attended;
        });

    /// <summary>The same over any attention.</summary>
    /// <param name="tape">Records it.</param>
    /// <param name="words">Token ids.</param>
    /// <param name="readRows">The rows that are read.</param>
    /// <param name="op">What the attention needs.</param>
    /// <param name="attend">The attention.</param>
    public Variable Forward<TOp>(Tape tape, TokenIds words, TokenIds readRows, TOp op, Attend<TOp> attend)
    {
        Variable hidden = tape.Embedding((Words, words));
        foreach (LlamaBlock block in blocks)
        {
            bool isLast = block.Index == blocks.Length - 1;
            hidden = tape.Stretch(
                hidden, (block, op, attend, rows: isLast ? readRows : null),
                static (tape, x, state) => state.block.Forward(tape, x, state.op, state.attend, state.rows));
        }

        Variable normalized = tape.RmsNorm(hidden, finalGain, config.RmsNormEpsilon);
        tape.Release(hidden);
        return normalized;
    }

    /// <summary>Queries and keys turned to their positions; as they were, they are released.</summary>
    /// <param name="tape">Records it.</param>
    /// <param name="query">[T, heads * width].</param>
    /// <param name="key">[T, key and value heads * width].</param>
    /// <param name="positions">Of each row.</param>
    /// <param name="longest">Above every position.</param>
    public (Variable Query, Variable Key) Rotate(Tape tape, Variable query, Variable key, TokenIds positions, int longest)
    {
        Tensors.Tensor table = rotary.For(longest);
        Variable turnedQuery = tape.Rotary(query, table, positions);
        tape.Release(query);
        Variable turnedKey = tape.Rotary(key, table, positions);
        tape.Release(key);
        return (turnedQuery, turnedKey);
    }

    public void Dispose()
    {
        Words.Dispose();
        foreach (LlamaBlock block in blocks)
        {
            block.Dispose();
        }

        finalGain.Dispose();
        rotary.Dispose();
    }
}
