using VkSparseGrad.Conformance.Gradients;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Kernels.Vulkan;

namespace VkSparseGrad.Conformance;

/// <summary>Runs cases on a device and judges them by the reference.</summary>
internal sealed class ConformanceRun(VulkanKernels kernels) : IDisposable
{
    private readonly ReferenceKernels reference = new();

    /// <summary>Runs a kernel's case. Whatever goes wrong on the device is in the result.</summary>
    public CaseResult Run(KernelCase item) => Watch(item.Op, item.Parameters, () =>
    {
        IReadOnlyList<CaseOutput> expected = item.Run(reference), actual = item.Run(kernels);
        Verdict[] verdicts = actual.Count == expected.Count
            ? [.. actual.Zip(expected, (output, right) => output.Judge(right))]
            : [Verdict.Wrong($"{actual.Count} outputs, expected {expected.Count}.")];
        string[] faults = [.. verdicts.Select(verdict => verdict.Fault).OfType<string>()];
        return new Verdict(
            verdicts.Select(verdict => verdict.Error).DefaultIfEmpty().Max(), faults.Length == 0 ? null : string.Join(' ', faults));
    });

    /// <summary>Runs a gradient rule's case.</summary>
    public CaseResult Run(TapeCase item) => Watch(item.Op, item.Parameters, () => GradientRun.Judge(item, kernels));

    /// <summary>Adds what the guards and the validation layer have to say of a case.</summary>
    private CaseResult Watch(string op, string parameters, Func<Verdict> run)
    {
        int messages = kernels.Device.ValidationMessages.Count;
        int guards = kernels.GuardFaults.Count;
        Verdict verdict;
        try
        {
            verdict = run();
        }
        catch (DeviceMemoryException error)
        {
            return new CaseResult(op, parameters, CaseStatus.Skipped, 0, error.Message);
        }
        catch (Exception error) when (error is DeviceException or ArgumentException or InvalidOperationException)
        {
            verdict = Verdict.Wrong(error.Message);
        }

        string[] faults =
        [
            .. verdict.Fault is string fault ? (string[])[fault] : [],
            .. kernels.GuardFaults.Skip(guards),
            .. kernels.Device.ValidationMessages.Skip(messages),
        ];
        return new CaseResult(
            op, parameters, faults.Length == 0 ? CaseStatus.Passed : CaseStatus.Failed, verdict.Error,
            faults.Length == 0 ? null : string.Join(' ', faults));
    }

    public void Dispose() => reference.Dispose();
}
