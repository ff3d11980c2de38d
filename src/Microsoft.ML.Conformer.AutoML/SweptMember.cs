using System.Reflection;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>A swept member and the option of the same name, the trainer's own or its augmentation's.</summary>
internal sealed class SweptMember
{
    private static readonly Dictionary<string, SweptMember> _members =
        typeof(ConformerSweepOptions).GetProperties().ToDictionary(property => property.Name, property => new SweptMember(property));

    private readonly PropertyInfo _swept, _option;

    private SweptMember(PropertyInfo swept)
    {
        _swept = swept;
        _option = typeof(ConformerTrainer.Options).GetProperty(swept.Name, swept.PropertyType)
            ?? typeof(AugmentationRecipe).GetProperty(swept.Name, swept.PropertyType)
            ?? throw new MissingMemberException(typeof(ConformerTrainer.Options).FullName, swept.Name);
    }

    private bool IsOfAugmentation => _option.DeclaringType == typeof(AugmentationRecipe);

    public static SweptMember Named(string name) => _members.GetValueOrDefault(name) ?? throw new ArgumentException(
        $"The search space has '{VisibleText.Of(name)}', which is no member of {nameof(ConformerSweepOptions)}: " +
        $"{string.Join(", ", _members.Keys)}.");

    public object Of(ConformerTrainer.Options options) => _option.GetValue(IsOfAugmentation ? options.Augmentation : options)!;

    public void Apply(ConformerSweepOptions swept, ConformerTrainer.Options options)
    {
        if (!IsOfAugmentation)
        {
            _option.SetValue(options, _swept.GetValue(swept));
            return;
        }
        var augmentation = options.Augmentation with { }; // a copy: recipes are shared
        _option.SetValue(augmentation, _swept.GetValue(swept));
        options.Augmentation = augmentation;
    }
}
