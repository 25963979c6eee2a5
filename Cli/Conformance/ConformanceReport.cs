using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Cli.Conformance;

/// <summary>What a run of cases on one device gave.</summary>
/// <param name="Mode">Which cases: <c>test</c> or <c>grad</c>.</param>
/// <param name="Device">The device.</param>
/// <param name="SubgroupWidth">The width of a subgroup in our kernels.</param>
/// <param name="Disabled">Optional features that were not used although the device may have them.</param>
/// <param name="Cases">The cases, in order.</param>
internal sealed record ConformanceReport(
    string Mode, DeviceInfo Device, int SubgroupWidth, IReadOnlyList<string> Disabled, IReadOnlyList<CaseResult> Cases)
{
    /// <summary>Whether there were cases, and all ran and held.</summary>
    public bool Holds => Cases.Count > 0 && Cases.All(item => item.Status == CaseStatus.Passed);

    /// <summary>Results by op, in order of appearance.</summary>
    public IEnumerable<IGrouping<string, CaseResult>> ByOp => Cases.GroupBy(item => item.Op);

    public int Count(CaseStatus status) => Cases.Count(item => item.Status == status);

    /// <summary>Such as <c>1,503 passed, 0 failed, 0 skipped</c>.</summary>
    public string Summary =>
        $"{Text.Count(Count(CaseStatus.Passed))} passed, {Text.Count(Count(CaseStatus.Failed))} failed, {Text.Count(Count(CaseStatus.Skipped))} skipped";
}
