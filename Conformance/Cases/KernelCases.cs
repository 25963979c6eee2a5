using VkSparseGrad.Kernels;

namespace VkSparseGrad.Conformance.Cases;

/// <summary>The list of all cases: every op at shapes around the sizes kernels are cut into.</summary>
internal static partial class KernelCases
{
    /// <summary>For results that are one rounding of one operation, or none.</summary>
    private const double Exact = 0;

    private static readonly (int Rows, int Columns)[] Shapes =
        [(1, 1), (1, 3), (3, 7), (8, 8), (9, 31), (32, 63), (2, 64), (5, 65), (127, 1), (33, 129), (1, 128), (3, 1000), (1, 4097)];

    /// <summary>Tensors without elements.</summary>
    private static readonly (int Rows, int Columns)[] Empty = [(0, 0), (0, 7), (3, 0)];

    /// <summary>Rows of the hidden and the inner width of MiniLM, BERT-base and LLaMA-2.</summary>
    private static readonly (int Rows, int Columns)[] ModelRows = [(37, 384), (37, 1536), (20, 768), (20, 3072), (5, 4096), (5, 11008)];

    private static readonly bool[] Either = [false, true];

    // Built on first use: the static fields of the other files are not set before.
    private static readonly Lazy<IReadOnlyDictionary<string, KernelCase>> All = new(() => new[]
    {
        Transfers(), Elementwise(), Activations(), Dropouts(), Matmuls(), HalfMatmuls(), Grams(), ColumnSums(), LayerNorms(), RmsNorms(),
        Embeddings(), Rotations(), Widenings(), Narrowings(), Attentions(), MaskedAndGroupedAttentions(), Losses(), Norms(), AdamWs(), TopKs(),
        SparseAdams(), SparseScatters(), SparseDots(), Columns(), Entries(), TrainingSteps(),
    }.SelectMany(cases => cases).ToDictionary(item => item.Name));

    public static IReadOnlyDictionary<string, KernelCase> ByName => All.Value;

    private static string Text(Dropout dropout) => dropout.Enabled ? $"p={dropout.Probability}" : "p=0";
}
