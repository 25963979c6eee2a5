namespace VkSparseGrad.Conformance;

/// <summary>How a case ended.</summary>
internal enum CaseStatus
{
    /// <summary>It ran and held.</summary>
    Passed,

    /// <summary>It ran and something is wrong.</summary>
    Failed,

    /// <summary>It did not run.</summary>
    Skipped,
}

/// <summary>What came of a case.</summary>
/// <param name="Op">The op.</param>
/// <param name="Parameters">Shapes and switches.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Error">The largest error of its outputs as a multiple of the allowed one; 0 where it did not run.</param>
/// <param name="Message">What is wrong, or why it was skipped; null where it held.</param>
internal sealed record CaseResult(string Op, string Parameters, CaseStatus Status, double Error, string? Message);
