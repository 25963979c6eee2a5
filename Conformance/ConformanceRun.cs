using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Conformance;

/// <summary>Runs cases on a device and judges them by the reference.</summary>
internal sealed class ConformanceRun(VulkanKernels kernels) : IDisposable
{
    private readonly ReferenceKernels reference = new();

    /// <summary>Runs one case. Whatever goes wrong on the device is in the result.</summary>
    public CaseResult Run(KernelCase item)
    {
        int messages = kernels.Device.ValidationMessages.Count;
        int guards = kernels.GuardFaults.Count;
        IReadOnlyList<CaseOutput> expected = item.Run(reference);
        IReadOnlyList<CaseOutput> actual;
        try
        {
            actual = item.Run(kernels);
        }
        catch (DeviceMemoryException error)
        {
            return new CaseResult(item.Op, item.Parameters, CaseStatus.Skipped, 0, error.Message);
        }
        catch (Exception error) when (error is DeviceException or ArgumentException or InvalidOperationException)
        {
            return new CaseResult(item.Op, item.Parameters, CaseStatus.Failed, double.PositiveInfinity, error.Message);
        }

        Verdict[] verdicts = actual.Count == expected.Count
            ? [.. actual.Zip(expected, (output, right) => output.Judge(right))]
            : [Verdict.Wrong($"{actual.Count} outputs, expected {expected.Count}.")];
        string[] faults =
        [
            .. verdicts.Select(verdict => verdict.Fault).OfType<string>(),
            .. kernels.GuardFaults.Skip(guards),
            .. kernels.Device.ValidationMessages.Skip(messages),
        ];
        return new CaseResult(
            item.Op, item.Parameters, faults.Length == 0 ? CaseStatus.Passed : CaseStatus.Failed,
            verdicts.Select(verdict => verdict.Error).DefaultIfEmpty().Max(), faults.Length == 0 ? null : string.Join(' ', faults));
    }

    public void Dispose() => reference.Dispose();
}
