using VkSparseGrad.Devices;

namespace VkSparseGrad.Tests.Devices;

/// <summary>When a barrier is due.</summary>
[TestClass]
public sealed class HazardTrackerTests
{
    private static readonly MemoryBlock Block = new(default, default, 1000, 0, MemoryLifetime.Passing);

    [TestMethod]
    [DataRow(false, false, false, DisplayName = "read after read")]
    [DataRow(true, false, true, DisplayName = "read after write")]
    [DataRow(false, true, true, DisplayName = "write after read")]
    [DataRow(true, true, true, DisplayName = "write after write")]
    public void Of_the_same_range(bool first, bool second, bool expected)
    {
        var tracker = new HazardTracker();
        tracker.Touch(new MemorySlice(Block, 100, 50), first);

        Assert.AreEqual(expected, tracker.Conflicts(new MemorySlice(Block, 149, 10), second));
    }

    [TestMethod]
    public void Neighbours_and_other_blocks_do_not_conflict()
    {
        var tracker = new HazardTracker();
        tracker.Touch(new MemorySlice(Block, 100, 50), writes: true);

        Assert.IsFalse(tracker.Conflicts(new MemorySlice(Block, 150, 10), true));
        Assert.IsFalse(tracker.Conflicts(new MemorySlice(Block, 50, 50), true));
        Assert.IsFalse(tracker.Conflicts(new MemorySlice(new MemoryBlock(default, default, 1000, 0, MemoryLifetime.Passing), 100, 50), true));
    }

    [TestMethod]
    public void A_barrier_clears_it_and_a_long_list_asks_for_one()
    {
        var tracker = new HazardTracker();
        for (int i = 0; i < 200; i++)
        {
            tracker.Touch(new MemorySlice(Block, i, 1), writes: false);
        }

        Assert.IsTrue(tracker.Conflicts(new MemorySlice(Block, 900, 1), false));
        tracker.Clear();
        Assert.IsFalse(tracker.Conflicts(new MemorySlice(Block, 0, 1), true));
    }
}
