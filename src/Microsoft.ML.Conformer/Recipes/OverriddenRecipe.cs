using System.Runtime.CompilerServices;

namespace Microsoft.ML.Conformer.Recipes;

/// <summary>A recipe of which some values are replaced by others, in whatever order the recipe and they are set.</summary>
internal sealed class OverriddenRecipe
{
    private readonly Dictionary<string, Func<TrainingRecipe, TrainingRecipe>> _changes = [];
    private TrainingRecipe _recipe = TrainingRecipe.FineTune;
    private TrainingRecipe? _changed;

    /// <summary>The recipe with the other values; setting it leaves those as they are.</summary>
    public TrainingRecipe Value
    {
        get => _changed ??= _changes.Values.Aggregate(_recipe, (recipe, change) => change(recipe));
        set => (_recipe, _changed) = (value, null);
    }

    /// <summary>Replaces a value by another one, the caller's; once more replaces that.</summary>
    public void Change(Func<TrainingRecipe, TrainingRecipe> change, [CallerMemberName] string name = "") =>
        (_changes[name], _changed) = (change, null);

    public OverriddenRecipe Copy()
    {
        var copy = new OverriddenRecipe { Value = _recipe };
        foreach (var (name, change) in _changes)
            copy._changes[name] = change;
        return copy;
    }
}
