using VkSparseGrad.Benchmarks.Models;
using VkSparseGrad.Devices;
using VkSparseGrad.Models;

namespace VkSparseGrad.Benchmarks.Steps;

/// <summary>Where the time of a step goes: to each kernel on the device, and to the host beside it.</summary>
/// <param name="device">Where.</param>
/// <param name="config">The model's dimensions.</param>
/// <param name="sequences">Sequences of a step.</param>
/// <param name="length">Tokens of each.</param>
internal sealed class ProfileSuite(VulkanDevice device, BertConfig config, int sequences, int length)
{
    /// <summary>Neither is the first, which refreshes a selection.</summary>
    private const int HostStep = 4, ProfiledStep = 6;

    /// <summary>Runs it. A profile's kernels are submitted one at a time, so their sum is more than a step takes.</summary>
    /// <param name="methods">The ways of training.</param>
    /// <param name="progress">Told what comes next.</param>
    /// <param name="cancellation">Stops between methods.</param>
    /// <exception cref="DeviceException">The device tells no times.</exception>
    public IEnumerable<Measurement> Run(IReadOnlyList<BenchedMethod> methods, Action<string> progress, CancellationToken cancellation)
    {
        if (!device.Facts.Timestamps)
            throw new DeviceException($"{device.Info.Name} does not tell how long its work takes; a profile needs that.");

        TokenizedExample[] examples = RandomExamples.Make(config, sequences, length);
        foreach (BenchedMethod method in methods)
        {
            cancellation.ThrowIfCancellationRequested();
            progress($"{method.Name}: a profile");
            using var run = new BenchedRun(device, config, examples, method.Options(sequences, ProfiledStep + 1));
            for (int step = 0; step < HostStep - 1; step++)
                run.Step();
            run.Host(); // makes what serves again where a step is recorded whole
            (double hostSeconds, long allocated) = run.Host();
            yield return new($"profile_{method.Name}_host_ms", hostSeconds * 1e3, "ms");
            yield return new($"profile_{method.Name}_host_allocated_kib", allocated / 1024.0, "KiB");
            run.Step();
            KernelTime[] times = [.. run.Profile().Times];
            yield return new($"profile_{method.Name}_device_ms", times.Sum(time => time.Seconds) * 1e3, "ms");
            foreach (KernelTime time in times)
            {
                yield return new($"profile_{method.Name}_{time.Kernel}_calls", time.Calls, "calls");
                yield return new($"profile_{method.Name}_{time.Kernel}_ms", time.Seconds * 1e3, "ms");
            }
        }
    }
}
