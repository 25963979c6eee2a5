using System.Runtime.InteropServices;
using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models.Llama;

/// <summary>A decoder of LLaMA's architecture with a sequence classification head on the last token. Touvron et al.,
/// arXiv:2307.09288.</summary>
public sealed class LlamaClassifier : Classifier
{
    private readonly IReadOnlyList<Parameter> parameters;
    private readonly LlamaTrunk trunk;
    private readonly Linear head;

    /// <summary>The sequences of a batch, and the row of each one's last token.</summary>
    private readonly List<int[]> sequences = [];
    private readonly List<uint> lastRows = [];

    /// <summary>Loads a model.</summary>
    /// <param name="kernels">Where it shall live. Stays the caller's.</param>
    /// <param name="config">Its dimensions.</param>
    /// <param name="labels">Outputs of the head; 1 means regression.</param>
    /// <param name="weights">Its weights under canonical names. The head is made anew where it is absent.</param>
    /// <param name="seed">For what is made anew.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A weight is absent, a shape differs, or an option does not fit the model.</exception>
    public LlamaClassifier(
        IKernels kernels, LlamaConfig config, int labels, IWeightSource weights, ulong seed = 0, LlamaOptions? options = null)
        : base(kernels)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfLessThan(labels, 1);
        Config = config;
        Labels = labels;
        options ??= new LlamaOptions();
        options.Check(config);
        using var loaded = new ParameterSet(kernels, weights, seed, options.StaysHalf(config));
        parameters = loaded.All;
        trunk = new LlamaTrunk(kernels, config, options, loaded);
        head = new Linear(loaded.Matrix(LlamaNames.Classifier, labels, config.HiddenSize, mayBeNew: true), null);
        loaded.Keep();
    }

    /// <summary>Its dimensions.</summary>
    public LlamaConfig Config { get; }

    /// <inheritdoc/>
    public override int Labels { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<LayerKind> MlpKinds => trunk.MlpKinds;

    /// <inheritdoc/>
    public override IReadOnlyList<Linear> Head => [head];

    private protected override IReadOnlyList<Parameter> LoadedParameters => parameters;

    private protected override IReadOnlyList<Block> AllBlocks => trunk.AllBlocks;

    private protected override IReadOnlyList<Block> AdaptedBlocks => trunk.AdaptedBlocks;

    internal override Variable Logits(Tape tape, IReadOnlyList<TokenizedExample> examples, DisposeScope scope)
    {
        sequences.Clear();
        lastRows.Clear();
        uint row = 0;
        for (int i = 0; i < examples.Count; i++)
        {
            row += (uint)examples[i].Ids.Length;
            sequences.Add(examples[i].Ids);
            lastRows.Add(row - 1);
        }

        LlamaBatch batch = scope.Add(trunk.NextBatch());
        batch.Pack(sequences, CollectionsMarshal.AsSpan(lastRows));
        Variable hidden = trunk.Forward(tape, batch);
        Variable logits = head.Forward(tape, hidden);
        tape.Release(hidden);
        return logits;
    }

    private protected override void DisposeLayers()
    {
        trunk.Dispose();
        head.Dispose();
    }
}
