using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace VkSparseGrad.Cli.Progress;

/// <summary>A moving bar for each phase, for terminals.</summary>
internal sealed class LiveProgress(IAnsiConsole console) : IProgressDisplay
{
    public void Show(string phase, int total, Action<IPhaseProgress> work) => console.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new TimeColumn())
        .Start(context =>
        {
            ProgressTask bar = context.AddTask(Markup.Escape(phase), maxValue: Math.Max(1, total));
            bar.IsIndeterminate = total == 0;
            var shown = new Phase(bar, phase, total);
            work(shown);
            shown.End();
        });

    private sealed class Phase(ProgressTask bar, string name, int total) : IPhaseProgress
    {
        private readonly long start = Stopwatch.GetTimestamp();

        public void Report(int done, string detail = "")
        {
            bar.Value = done;
            bar.Description = Markup.Escape(detail.Length == 0 ? name : $"{name}: {detail}");
            bar.Tag = Text.Time(TimeLeft.At(Stopwatch.GetElapsedTime(start), done, total)) + " left";
        }

        public void End()
        {
            bar.IsIndeterminate = false;
            bar.Value = bar.MaxValue;
            bar.Tag = Text.Time(Stopwatch.GetElapsedTime(start));
        }
    }

    /// <summary>What the phase says of its time. Spectre's own column looks at the last 30 seconds and counts the work of its first
    /// report without that report's time, so slow steps make it say that no time is left.</summary>
    private sealed class TimeColumn : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Spectre.Console.Text((string?)task.Tag ?? "");
    }
}
