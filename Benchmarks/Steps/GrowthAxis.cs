using VkSparseGrad.Benchmarks.Models;
using VkSparseGrad.Models;

namespace VkSparseGrad.Benchmarks.Steps;

/// <summary>A size of a step that grows while the others stay.</summary>
/// <param name="Name">Its part of the figures' names.</param>
/// <param name="Sizes">Rising.</param>
/// <param name="StepOf">The step of a size.</param>
internal sealed record GrowthAxis(string Name, IReadOnlyList<int> Sizes, Func<int, GrowthStep> StepOf)
{
    private static readonly GrowthStep Base = new(Layers: 2, Hidden: 384, Sequences: 8, Length: 64);

    /// <summary>The sizes that a user can choose.</summary>
    public static IReadOnlyList<GrowthAxis> All { get; } =
    [
        new("sequences", [4, 8, 16, 32], size => Base with { Sequences = size }),
        new("length", [32, 64, 128, 256], size => Base with { Length = size }),
        new("width", [192, 384, 768], size => Base with { Hidden = size }),
        new("layers", [2, 4, 8], size => Base with { Layers = size }),
    ];
}

/// <summary>A step of a BERT in its own proportions.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="Hidden">Width.</param>
/// <param name="Sequences">Of the batch.</param>
/// <param name="Length">Tokens of each.</param>
internal sealed record GrowthStep(int Layers, int Hidden, int Sequences, int Length)
{
    // A whole vocabulary would take as long as the blocks, whatever their number.
    private const int Words = 1000;

    /// <summary>The model's dimensions.</summary>
    public BertConfig Config => ModelShape.Bert(Layers, Hidden, Words);
}
